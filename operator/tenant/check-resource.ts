// From a manifest of any shape to a spec that can be relied on. The API server has judged it already, but perhaps by
// older rules; a folder has no other judge. Problems of both kinds are told in the same words.
import type { DesiredObject } from '../source/desired-source.ts'
import type { Problem } from '../validation/problem.ts'
import type { ResourceSchemas } from '../validation/resource-schemas.ts'
import type { ResourceKind, Resources } from '../validation/resource.ts'
import { validateResource, validateTaken } from '../validation/validate-resource.ts'

export interface CheckedResource<Kind extends ResourceKind = ResourceKind> {
  readonly object: DesiredObject<Kind>
  /** Null when what is in force is not valid. */
  readonly spec: Resources[Kind]['spec'] | null
  /** Of the newest version; it may have been refused while an older, valid one stays in force. */
  readonly problems: readonly Problem[]
}

export type CheckedTenant = CheckedResource<'Tenant'>
export type CheckedAgent = CheckedResource<'Agent'>

export const checkResource = <Kind extends ResourceKind>(
  schemas: ResourceSchemas,
  object: DesiredObject<Kind>,
): CheckedResource<Kind> => {
  const { kind, manifest, refused } = object
  // A manifest of which no version was ever taken over is the refused one itself.
  const judge = refused.length === 0 ? validateTaken : validateResource
  const validation = judge(schemas, kind, manifest)
  if (!validation.ok) return { object, spec: null, problems: validation.problems }
  return { object, spec: validation.resource.spec, problems: refused }
}
