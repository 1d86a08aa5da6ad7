// From findings to conditions as kstatus reads them: Ready sums up, Reconciling and Stalled are there only while they
// are true. A condition's time moves only when its status does.
import type { Condition } from '../../services/shared/domain/resources/tenant.ts'
import type { Finding } from './finding.ts'

interface Before {
  readonly conditions: readonly Condition[]
  readonly generation: number
  readonly now: Date
}

/** Another resource may still be on its way for so long; then the wait counts as stalled. In milliseconds. */
const patienceMs = 10_000

/** As Kubernetes writes times: whole seconds. */
const toTime = (date: Date): string => date.toISOString().replace(/\.\d+Z$/, 'Z')

const begin = (finding: Finding, { conditions, generation, now }: Before): Condition => {
  const { type, status, reason, message } = finding
  const before = conditions.find((condition) => condition.type === type)
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : toTime(now)
  return { type, status, observedGeneration: generation, lastTransitionTime, reason, message }
}

const isStalled = (finding: Finding, before: Before): boolean => {
  if (finding.remedy === 'edit') return true
  const since = Date.parse(begin(finding, before).lastTransitionTime)
  return finding.remedy === 'other' && before.now.getTime() - since >= patienceMs
}

/**
 * @param ready what Ready says when every finding holds
 * @param findings in order of weight: Ready tells the first one that does not hold
 */
export const toConditions = (
  ready: Finding,
  findings: readonly Finding[],
  before: Before,
): readonly Condition[] => {
  const amiss = findings.find(({ status }) => status !== 'True')
  const sum = amiss === undefined ? ready : { ...amiss, type: 'Ready' }
  const stalled = amiss !== undefined && isStalled(amiss, before)
  const progress = amiss && { ...amiss, status: 'True' as const, type: stalled ? 'Stalled' : 'Reconciling' }
  return [sum, ...(progress ? [progress] : []), ...findings].map((finding) => begin(finding, before))
}
