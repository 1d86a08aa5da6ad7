// Step 4: carries the plan out. An action that failed holds up those that need it and no other, and is told with them.
import type { KonstructError } from '../../services/shared/runtime/errors.ts'
import { publishTenant } from '../../services/shared/store/publish-tenant.ts'
import { sealSecret } from '../../services/shared/store/seal.ts'
import type { DesiredTenant } from '../source/desired-source.ts'
import { purgeEverything } from './purge-everything.ts'
import { PurgeReceipt } from './purge-receipt.ts'
import type { Action, ActionKind } from './plan.ts'
import { tryReading } from './reading.ts'
import { mayGoOnWith, type TenantPorts } from './tenant-ports.ts'

/** What failed, by kind; what is not in here was done or had not to be. */
export type Failures = ReadonlyMap<ActionKind, KonstructError>

const needs: Readonly<Record<ActionKind, readonly ActionKind[]>> = {
  'add-finalizer': [],
  'purge-leftovers': ['add-finalizer'],
  publish: ['add-finalizer', 'purge-leftovers'],
  announce: ['publish'],
}

const publish = async (ports: TenantPorts, action: Extract<Action, { kind: 'publish' }>): Promise<void> => {
  const { publication, keep, seal } = action
  const sealed = [...seal].map(([name, value]) => sealSecret(ports.keyring, publication.tenant, name, value))
  const revision = await publishTenant(ports.database, { ...publication, secrets: [...keep, ...sealed] })
  ports.log.info('tenant published', { tenant: publication.tenant, revision: String(revision) })
}

const perform = async (
  ports: TenantPorts,
  tenant: DesiredTenant,
  { action, signal }: { readonly action: Action; readonly signal: AbortSignal },
): Promise<void> => {
  const mayGoOn = mayGoOnWith(ports, signal)
  mayGoOn()
  switch (action.kind) {
    case 'add-finalizer':
      return ports.source.addFinalizer(tenant, signal)
    case 'purge-leftovers':
      await purgeEverything(ports, action.owner, { receipt: new PurgeReceipt(), mayGoOn })
      return
    case 'publish':
      return publish(ports, action)
    case 'announce':
      return ports.source.recordEvent(tenant, action.event)
  }
}

export const apply = async (
  ports: TenantPorts,
  { tenant, actions }: { readonly tenant: DesiredTenant; readonly actions: readonly Action[] },
  signal: AbortSignal,
): Promise<Failures> => {
  const failures = new Map<ActionKind, KonstructError>()
  for (const action of actions) {
    const cause = needs[action.kind].map((kind) => failures.get(kind)).find((error) => error !== undefined)
    if (cause !== undefined) {
      failures.set(action.kind, cause)
      continue
    }
    const reading = await tryReading(() => perform(ports, tenant, { action, signal }))
    if (!reading.ok) failures.set(action.kind, reading.error)
  }
  return failures
}
