// Whether the services can know of the tenant as it is asked for now.
import type { Failures } from '../apply.ts'
import type { Desired } from '../desire.ts'
import { fails, type Finding, holds, waitsFor } from '../finding.ts'
import type { Observed } from '../observe.ts'

const type = 'Published'

export const checkPublished = (
  { published }: Observed,
  { publication }: Desired,
  failures: Failures,
): Finding => {
  if (!published.ok) return waitsFor(type, published.error)
  if (publication === null)
    return fails(type, 'edit', { reason: 'NotAccepted', message: 'Only an accepted Tenant is published.' })
  const error = failures.get('publish') ?? failures.get('add-finalizer') ?? failures.get('purge-leftovers')
  if (error !== undefined) return waitsFor(type, error)
  return holds(type, 'Published', 'The services follow this version within 2 seconds.')
}
