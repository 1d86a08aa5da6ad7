// The way out of a Tenant that is being deleted, as far as its finalizer is ours.
//   Retain   the published state becomes `retained`, which stops admission; the finalizer goes
//   Delete   the state becomes `deleting`, which stops admission too; 3 s for every gateway to follow; purge and count
//            until nothing is left; the receipt as an event; the finalizer goes
// Since when nothing is admitted is kept in the condition `Deleted`, so that a restart goes on where it was. The
// finalizer stays while anything is left, and the condition says why.
import { asKonstructError } from '../../services/shared/runtime/errors.ts'
import { publishState } from '../../services/shared/store/publish-tenant.ts'
import { readOwner, type TenantOwner } from '../../services/shared/store/purge-tenant.ts'
import type { Outcome } from '../loop/controller.ts'
import { type DesiredTenant, tenantFinalizer } from '../source/desired-source.ts'
import { toConditions } from './conditions.ts'
import { fails, type Finding, waitsFor } from './finding.ts'
import type { Observed } from './observe.ts'
import { goesOn, purgeInRuns } from './purge-in-runs.ts'
import type { TenantPorts } from './tenant-ports.ts'

const done: Outcome = { kind: 'done' }

/** The services follow within 2 s; a condition's time is in whole seconds, hence one more. In milliseconds. */
const followMs = 3_000
const retryMs = 2_000

const type = 'Deleted'

const stopped = fails(type, 'wait', {
  reason: 'AdmissionStopped',
  message: 'No message is admitted any more, and the data is being deleted.',
})

/** When admission was stopped, in milliseconds; undefined when that is not known to have worked. */
const stoppedAt = ({ status }: DesiredTenant): number | undefined => {
  const deleted = status?.conditions?.find((condition) => condition.type === type)
  return deleted?.status === 'False' ? Date.parse(deleted.lastTransitionTime) : undefined
}

const tell = (
  { source, clock, metrics }: TenantPorts,
  { tenant, finding }: { readonly tenant: DesiredTenant; readonly finding: Finding },
  signal: AbortSignal,
): Promise<void> => {
  const { status, generation } = tenant
  const before = { conditions: status?.conditions ?? [], generation, now: clock.timeOfDay() }
  const conditions = toConditions(finding, [finding], before)
  const told = { ...status, observedGeneration: generation, channels: [], conditions }
  metrics.conditions(tenant, told)
  return source.writeStatus(tenant, told, signal)
}

const letGo = async (ports: TenantPorts, tenant: DesiredTenant, signal: AbortSignal): Promise<Outcome> => {
  ports.assertLeading()
  await ports.source.removeFinalizer(tenant, signal)
  ports.metrics.forget(tenant)
  ports.log.info('tenant let go', { tenant: tenant.name, resource: tenant.namespace })
  return done
}

const retain = async (ports: TenantPorts, tenant: DesiredTenant, signal: AbortSignal): Promise<Outcome> => {
  const kept = await publishState(ports.database, tenant.name, 'retained')
  const message =
    'The data is kept. A Tenant of this name in this namespace gets it back; with deletionPolicy: Delete it goes.'
  if (kept !== null)
    await ports.source.recordEvent(tenant, { type: 'Normal', reason: 'DataRetained', message })
  return letGo(ports, tenant, signal)
}

const stopAdmission = async (
  ports: TenantPorts,
  tenant: DesiredTenant,
  signal: AbortSignal,
): Promise<Outcome> => {
  await publishState(ports.database, tenant.name, 'deleting')
  await tell(ports, { tenant, finding: stopped }, signal)
  return { kind: 'again', ms: followMs }
}

const purge = async (
  ports: TenantPorts,
  { tenant, owner }: { readonly tenant: DesiredTenant; readonly owner: TenantOwner },
  signal: AbortSignal,
): Promise<Outcome> => {
  const since = stoppedAt(tenant)
  if (since === undefined) return stopAdmission(ports, tenant, signal)
  const left = since + followMs - ports.clock.timeOfDay().getTime()
  if (left > 0) return { kind: 'again', ms: left }
  const receipt = await purgeInRuns(ports, owner, signal)
  if (receipt === undefined) return goesOn
  const message = `Deleted: ${receipt.describe()}. Counted again: nothing is left. Kafka holds ids only, which expire.`
  await ports.source.recordEvent(tenant, { type: 'Normal', reason: 'DataDeleted', message })
  return letGo(ports, tenant, signal)
}

/** Asked of the manifest itself: whoever wrote `Delete` means it, also when something else in the spec is not valid. */
const asksToDelete = ({ manifest }: DesiredTenant): boolean => {
  const { spec } = (manifest ?? {}) as { readonly spec?: { readonly deletionPolicy?: unknown } | null }
  return spec?.deletionPolicy === 'Delete'
}

/** What a Tenant in another namespace has published is none of this one's business. */
const leave = async (ports: TenantPorts, observed: Observed, signal: AbortSignal): Promise<Outcome> => {
  const { namespace } = observed
  const object = observed.tenant?.object
  if (object === undefined) return done
  const owner = await readOwner(ports.database, object.name)
  if (owner?.namespace !== namespace) return letGo(ports, object, signal)
  ports.assertLeading()
  return asksToDelete(object)
    ? purge(ports, { tenant: object, owner }, signal)
    : retain(ports, object, signal)
}

export const finalize = async (
  ports: TenantPorts,
  observed: Observed,
  signal: AbortSignal,
): Promise<Outcome> => {
  const tenant = observed.tenant?.object
  if (!tenant?.finalizers.includes(tenantFinalizer)) return done
  try {
    return await leave(ports, observed, signal)
  } catch (thrown) {
    const error = asKonstructError(thrown)
    if (error.code === 'LEASE_LOST') throw error
    ports.log.warn('tenant not let go yet', { tenant: tenant.name, code: error.code, error })
    await tell(ports, { tenant, finding: waitsFor(type, error) }, signal)
    return { kind: 'again', ms: retryMs }
  }
}
