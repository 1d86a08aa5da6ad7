import assert from 'node:assert/strict'
import {
  admitMessage,
  type AdmissionPorts,
  type Approach,
} from '../../../../services/shared/intake/admit-message.ts'
import { LocalBuckets } from '../../../../services/shared/intake/local-buckets.ts'
import type { TenantConfig } from '../../../../services/shared/domain/tenant-config.ts'
import { aTenant } from '../../../support/a-tenant.ts'
import { freshRedis } from '../../../support/fresh-redis.ts'
import { openRedisAt, type OpenRedis } from '../../../support/open-redis.ts'

const configOf = (changes: Parameters<typeof aTenant>[0] = {}): TenantConfig => {
  const { tenant, state, spec, web, agents } = aTenant(changes)
  return {
    tenant,
    state,
    revision: 1,
    spec,
    web,
    agents: new Map(agents.map((agent) => [agent.name, agent])),
  }
}

describe('A message', () => {
  let opened: OpenRedis

  before(async () => {
    opened = await openRedisAt((await freshRedis()).url)
  })

  after(() => opened.close())

  const portsFor = (config: TenantConfig | undefined): AdmissionPorts => ({
    redis: opened.redis,
    localBuckets: new LocalBuckets(),
    tenantConfig: () => config,
  })

  const approach = (config: TenantConfig, changes: Partial<Approach> = {}): Approach => ({
    tenant: config.tenant,
    channel: 'web',
    roles: [],
    agent: 'support',
    text: 'Hello',
    ...changes,
  })

  const admit = (config: TenantConfig, changes: Partial<Approach> = {}) =>
    admitMessage(portsFor(config), approach(config, changes))

  it('is admitted with how many turns of its tenant may wait, and what its budget is', async () => {
    assert.deepEqual(await admit(configOf({ limits: { maxWaitingTurns: 7 } })), {
      maxWaitingTurns: 7,
      budget: null,
    })
    const budget = { tokens: 1_000, period: 'Day' } as const
    assert.deepEqual((await admit(configOf({ limits: { budget } }))).budget, budget)
  })

  it('is refused unless its tenant is active', async () => {
    for (const state of ['suspended', 'deleting', 'retained'] as const)
      await assert.rejects(admit(configOf({ state })), { code: 'TENANT_SUSPENDED' })
    const config = configOf()
    await assert.rejects(admitMessage(portsFor(undefined), approach(config)), { code: 'TENANT_SUSPENDED' })
  })

  it('is refused for an agent that its user may not know of', async () => {
    const config = configOf()
    await assert.rejects(admit(config, { agent: 'payroll' }), { code: 'AGENT_NOT_FOUND' })
    await assert.rejects(admit(config, { agent: 'payroll', roles: ['other'] }), { code: 'AGENT_NOT_FOUND' })
    await admit(config, { agent: 'payroll', roles: ['other', 'staff'] })
  })

  it('is refused beyond the rate of its tenant, and what was refused for its text costs nothing', async () => {
    const rates = [{ channel: 'web', messagesPerMinute: 60, burst: 2 }] as const
    const config = configOf({ limits: { rates, maxMessageBytes: 100 } })
    for (let i = 0; i < 5; i++) {
      await assert.rejects(admit(config, { text: ' ' }), { code: 'TEXT_EMPTY' })
      await assert.rejects(admit(config, { text: 'x'.repeat(101) }), { code: 'TEXT_TOO_LONG' })
    }
    await admit(config)
    await admit(config)
    await assert.rejects(admit(config), { code: 'RATE_LIMITED' })
  })

  it('is limited on its channel by the default rate when its tenant sets none for it', async () => {
    const config = configOf({ limits: { rates: [] } })
    const outcomes = await Promise.allSettled(Array.from({ length: 150 }, () => admit(config)))
    const admitted = outcomes.filter(({ status }) => status === 'fulfilled').length
    assert.ok(admitted >= 100 && admitted < 150, `${admitted} were admitted`)
  })

  it("of one tenant does not use up another's rate", async () => {
    const rates = [{ channel: 'web', messagesPerMinute: 1, burst: 1 }] as const
    const [acme, globex] = [configOf({ limits: { rates } }), configOf({ limits: { rates } })]
    await admit(acme)
    await assert.rejects(admit(acme), { code: 'RATE_LIMITED' })
    await admit(globex)
  })
})
