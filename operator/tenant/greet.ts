// Says `Ready=Unknown` of what was never judged, before anything slow begins: who waits for Ready must never find a
// resource without it and take it for done.
import type { Condition } from '../../services/shared/domain/resources/tenant.ts'
import { type DesiredObject, parseTenantKey } from '../source/desired-source.ts'
import { toConditions } from './conditions.ts'
import type { Finding } from './finding.ts'
import type { TenantPorts } from './tenant-ports.ts'

const unknown: Finding = {
  type: 'Accepted',
  status: 'Unknown',
  remedy: 'wait',
  reason: 'Progressing',
  message: 'The operator has begun.',
}

const firstConditions = (now: Date): readonly Condition[] =>
  // The generation stays open: nothing of it was judged yet.
  toConditions(unknown, [unknown], { conditions: [], generation: 0, now })

export const greet = async (ports: TenantPorts, key: string, signal: AbortSignal): Promise<void> => {
  const { source, clock } = ports
  const { namespace, name } = parseTenantKey(key)
  const tenant = source.tenant(namespace, name)
  const objects: readonly DesiredObject[] = [
    ...(tenant === undefined ? [] : [tenant]),
    ...source.agentsOf(namespace, name),
  ]
  const strangers = objects.filter(({ status }) => status?.conditions === undefined)
  if (strangers.length === 0) return
  ports.assertLeading()
  const conditions = firstConditions(clock.timeOfDay())
  await Promise.all(strangers.map((object) => source.writeStatus(object, { conditions }, signal)))
}
