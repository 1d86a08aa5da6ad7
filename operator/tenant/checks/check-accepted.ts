// Whether what was asked for can be done at all.
import type { Problem } from '../../validation/problem.ts'
import type { Desired } from '../desire.ts'
import { type Finding, fails, holds } from '../finding.ts'
import type { Observed } from '../observe.ts'

const type = 'Accepted'

/** As `kubectl apply` prints them, in one line. */
export const describeProblems = (problems: readonly Problem[]): string =>
  problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')

export const checkAccepted = ({ tenant, published }: Observed, { takenBy }: Desired): Finding => {
  const problems = tenant?.problems ?? []
  if (problems.length > 0) {
    const serves = published.ok && published.value !== null
    const message = `${describeProblems(problems)}.${serves ? ' Until then the last valid version is served.' : ''}`
    return fails(type, 'edit', { reason: 'Invalid', message })
  }
  if (takenBy !== undefined)
    return fails(type, 'edit', {
      reason: 'NameTaken',
      message: `The name belongs to a Tenant in the namespace ${takenBy}, or to data that was retained for it. Choose another name.`,
    })
  return holds(type, 'Valid', 'The Tenant is valid and its name is its own.')
}
