// A tenant's published configuration, as the operator would write it: a small valid one, changed where a test says so.
import { randomUUID } from 'node:crypto'
import type { AgentSpec } from '../../services/shared/domain/resources/agent.ts'
import type { TenantSpec, WebAuth, WebChannel } from '../../services/shared/domain/resources/tenant.ts'
import type { TenantState } from '../../services/shared/domain/tenant-config.ts'
import { Secret } from '../../services/shared/runtime/read-config.ts'
import type { Publication } from '../../services/shared/store/publish-tenant.ts'
import { sealSecret, type Keyring } from '../../services/shared/store/seal.ts'

/** The keyring of the tests; the services under test get the same one. */
export const testKeyring: Keyring = new Map([['k1', new Secret(Buffer.alloc(32, 7).toString('base64'))]])

interface TenantChanges {
  readonly name?: string
  readonly uid?: string
  readonly state?: TenantState
  readonly auth?: WebAuth
  /** Sealed under its name. */
  readonly secrets?: Readonly<Record<string, string>>
  readonly web?: Partial<WebChannel> | null
  readonly limits?: Partial<TenantSpec['limits']>
  /** Names of agents with the roles that they are for; null for everyone. */
  readonly agents?: Readonly<Record<string, readonly string[] | null>>
}

export const freshTenantName = (): string => `tenant-${randomUUID().slice(0, 8)}`

const agentSpec = (tenant: string, name: string, roles: readonly string[] | null): AgentSpec => ({
  tenant,
  displayName: `Agent ${name}`,
  model: 'default',
  greeting: `I am ${name}.`,
  instructions: 'Answer.',
  memory: { maxMessages: 20, ttl: '24h' },
  ...(roles === null ? {} : { access: { roles } }),
})

export const aTenant = (changes: TenantChanges = {}): Publication => {
  const tenant = changes.name ?? freshTenantName()
  const web: WebChannel = {
    enabled: true,
    defaultAgent: 'support',
    allowedOrigins: ['https://www.acme.example'],
    auth: changes.auth ?? { anonymous: { tokenTTL: '1h' } },
    ...changes.web,
  }
  return {
    tenant,
    namespace: tenant,
    uid: changes.uid ?? randomUUID(),
    state: changes.state ?? 'active',
    web: changes.web === null ? null : web,
    agents: Object.entries(changes.agents ?? { support: null, payroll: ['staff'] }).map(([name, roles]) => ({
      name,
      spec: agentSpec(tenant, name, roles),
    })),
    secrets: Object.entries(changes.secrets ?? {}).map(([name, value]) =>
      sealSecret(testKeyring, tenant, name, new Secret(value)),
    ),
    spec: {
      displayName: `Tenant ${tenant}`,
      suspended: false,
      deletionPolicy: 'Retain',
      models: [],
      channels: { web },
      limits: {
        rates: [{ channel: 'web', messagesPerMinute: 6_000, burst: 1_000 }],
        maxConcurrentTurns: 8,
        maxWaitingTurns: 200,
        maxMessageBytes: 16_384,
        ...changes.limits,
      },
    },
  }
}
