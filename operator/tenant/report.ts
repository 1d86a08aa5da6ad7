// Step 6: tells what is true, in the status, as metrics and, when it has become true or stopped being true, as an event.
import type { Condition } from '../../services/shared/domain/resources/tenant.ts'
import type { DesiredObject } from '../source/desired-source.ts'
import type { Verdict } from './judge.ts'
import type { TenantPorts } from './tenant-ports.ts'

type Judged = Verdict['agents'][number] | NonNullable<Verdict['tenant']>

const readyOf = (conditions: readonly Condition[] | undefined): Condition | undefined =>
  conditions?.find(({ type }) => type === 'Ready')

const announceFlip = async ({ source }: TenantPorts, { object, status }: Judged): Promise<void> => {
  const before = readyOf((object as DesiredObject).status?.conditions)
  const ready = readyOf(status.conditions)
  if (ready === undefined || ready.status === 'Unknown' || ready.status === before?.status) return
  const type = ready.status === 'True' ? 'Normal' : 'Warning'
  await source.recordEvent(object, { type, reason: ready.reason, message: ready.message })
}

const reportOne = async (ports: TenantPorts, judged: Judged, signal: AbortSignal): Promise<void> => {
  ports.assertLeading()
  await ports.source.writeStatus(judged.object, judged.status, signal)
  await announceFlip(ports, judged)
}

/** @throws KonstructError of the first status that could not be written, after all were tried */
export const report = async (
  ports: TenantPorts,
  { tenant, agents }: Verdict,
  signal: AbortSignal,
): Promise<void> => {
  if (tenant !== undefined) ports.metrics.conditions(tenant.object, tenant.status)
  const all = tenant === undefined ? agents : [tenant, ...agents]
  const results = await Promise.allSettled(all.map((judged) => reportOne(ports, judged, signal)))
  const failed = results.find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}
