// The way out of a Tenant that is being deleted, as far as its finalizer is ours. States, kept in the condition
// `Deleting`, so that a restart goes on where it was:
//   not yet      admission is stopped: the published state becomes `retained` or `deleting`
//   Retain       the finalizer goes, the data stays
//   Delete       3 s for every gateway to follow, then purge and count until nothing is left, the receipt, the finalizer
// The finalizer stays while anything is left, and the condition says why.
import type { Condition, TenantStatus } from '../../services/shared/domain/resources/tenant.ts'
import { asKonstructError } from '../../services/shared/runtime/errors.ts'
import { publishState } from '../../services/shared/store/publish-tenant.ts'
import type { Outcome } from '../loop/controller.ts'
import { type DesiredTenant, tenantFinalizer } from '../source/desired-source.ts'
import { toConditions } from './conditions.ts'
import { fails, type Finding, holds, waitsFor } from './finding.ts'
import type { Observed } from './observe.ts'
import { type PurgeReceipt, purgeEverything } from './purge-everything.ts'
import type { TenantPorts } from './tenant-ports.ts'

const done: Outcome = { kind: 'done' }

/** The services follow within 2 s; a condition's time is in whole seconds, hence one more. In milliseconds. */
const followMs = 3_000
const retryMs = 2_000

const describe = ({ rows, keys }: PurgeReceipt): string => {
  const tables = Object.entries(rows).filter(([, count]) => count > 0)
  const parts = [...tables.map(([table, count]) => `${table} ${count}`), `Redis keys ${keys}`]
  return `Deleted: ${parts.join(', ')}. Counted again: nothing is left. Kafka holds ids only, which expire.`
}

const stoppedAt = (tenant: DesiredTenant): number | undefined => {
  const deleting = tenant.status?.conditions?.find(({ type }) => type === 'Deleting')
  return deleting?.status === 'True' ? Date.parse(deleting.lastTransitionTime) : undefined
}

const statusOf = (tenant: DesiredTenant, finding: Finding, now: Date): TenantStatus => {
  const before: readonly Condition[] = tenant.status?.conditions ?? []
  const deleting = holds('Deleting', 'AdmissionStopped', 'No message is admitted any more.')
  const conditions = toConditions(finding, [finding], {
    conditions: before,
    generation: tenant.generation,
    now,
  })
  const [stopped] = toConditions(deleting, [], { conditions: before, generation: tenant.generation, now })
  const summed = conditions.filter(({ type }) => type === 'Ready' || type === 'Reconciling')
  return {
    ...tenant.status,
    observedGeneration: tenant.generation,
    channels: [],
    conditions: stopped ? [...summed, stopped] : summed,
  }
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
  const finding = fails('Ready', 'wait', { reason: 'Deleting', message: 'Its data is being deleted.' })
  await ports.source.writeStatus(tenant, statusOf(tenant, finding, ports.clock.timeOfDay()), signal)
  return { kind: 'again', ms: followMs }
}

const purge = async (ports: TenantPorts, tenant: DesiredTenant, signal: AbortSignal): Promise<Outcome> => {
  const since = stoppedAt(tenant)
  if (since === undefined) return stopAdmission(ports, tenant, signal)
  const left = since + followMs - ports.clock.timeOfDay().getTime()
  if (left > 0) return { kind: 'again', ms: left }
  ports.assertLeading()
  const receipt = await purgeEverything(ports, tenant.name)
  const event = { type: 'Normal', reason: 'DataDeleted', message: describe(receipt) } as const
  await ports.source.recordEvent(tenant, event)
  return letGo(ports, tenant, signal)
}

/** What is published of a Tenant in another namespace is none of this one's business. */
const leave = async (ports: TenantPorts, observed: Observed, signal: AbortSignal): Promise<Outcome> => {
  const { tenant, published, namespace } = observed
  if (tenant === undefined) return done
  if (!published.ok) throw published.error
  const owner = published.value?.entry.namespace ?? namespace
  if (owner !== namespace) return letGo(ports, tenant.object, signal)
  ports.assertLeading()
  const { object, spec } = tenant
  return spec?.deletionPolicy === 'Delete' ? purge(ports, object, signal) : retain(ports, object, signal)
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
    ports.log.warn('tenant not let go yet', { tenant: tenant.name, code: error.code, error })
    const status = statusOf(tenant, waitsFor('Ready', error), ports.clock.timeOfDay())
    await ports.source.writeStatus(tenant, status, signal)
    return { kind: 'again', ms: retryMs }
  }
}
