// Defaults and judges a manifest of a Tenant or an Agent as the API server does, by the same CRD and in the same
// sentences: for the operator without Kubernetes, and once more before a reconcile acts on a resource.
//
// Like the API server it stops at the first kind of problem: unknown fields, then structure, then rules, since a
// rule can only be asked about a value of the right shape. Within a kind every problem is told.
import { type Fields, isFields } from './crd-schema.ts'
import { findUnknownFields } from './find-unknown-fields.ts'
import { defaultFields } from './default-fields.ts'
import type { Problem } from './problem.ts'
import type { ResourceSchemas } from './resource-schemas.ts'
import { apiVersion, type ResourceKind, type Resources } from './resource.ts'

export type Validation<Resource> =
  | { readonly ok: true; readonly resource: Resource }
  | { readonly ok: false; readonly problems: readonly Problem[] }

const refuse = (problems: readonly Problem[]) => ({ ok: false, problems }) as const

const findWrongKind = (kind: ResourceKind, manifest: Fields): readonly Problem[] =>
  [
    { path: 'apiVersion', wanted: apiVersion },
    { path: 'kind', wanted: kind },
  ]
    .filter(({ path, wanted }) => manifest[path] !== wanted)
    .map(({ path, wanted }) => ({ path, message: `write ${path}: ${wanted}` }))

const findMissingName = ({ metadata }: Fields): readonly Problem[] =>
  isFields(metadata) && typeof metadata['name'] === 'string' && metadata['name'] !== ''
    ? []
    : [{ path: 'metadata.name', message: 'name or generateName is required' }]

/** The manifest without `status`, which only the operator writes: it is neither judged nor handed on. */
const withoutStatus = (manifest: Fields): Fields =>
  Object.fromEntries(Object.entries(manifest).filter(([name]) => name !== 'status'))

interface Judging<Kind extends ResourceKind> {
  readonly old?: Resources[Kind] | undefined
  readonly refusesUnknown: boolean
}

const validate = <Kind extends ResourceKind>(
  schemas: ResourceSchemas,
  kind: Kind,
  manifest: unknown,
  { old, refusesUnknown }: Judging<Kind>,
): Validation<Resources[Kind]> => {
  if (!isFields(manifest)) return refuse([{ path: '', message: `write a ${kind} with metadata and spec` }])
  const wrongKind = findWrongKind(kind, manifest)
  if (wrongKind.length > 0) return refuse(wrongKind)

  const { schema, checkStructure, checkRules } = schemas[kind]
  const given = withoutStatus(manifest)
  const unknown = refusesUnknown ? findUnknownFields(schema, given) : []
  if (unknown.length > 0) return refuse(unknown)

  const resource = defaultFields(schema, given) as Fields
  const structure = [...findMissingName(resource), ...checkStructure(resource)]
  if (structure.length > 0) return refuse(structure)

  const broken = checkRules(resource, old === undefined ? undefined : withoutStatus({ ...old }))
  return broken.length > 0 ? refuse(broken) : { ok: true, resource: resource as unknown as Resources[Kind] }
}

/**
 * @param manifest what was read, of any shape; it is not changed
 * @param old the resource that it replaces, for the rules about what cannot be changed
 * @returns the resource with every default, or all problems of the first kind found
 */
export const validateResource = <Kind extends ResourceKind>(
  schemas: ResourceSchemas,
  kind: Kind,
  manifest: unknown,
  old?: Resources[Kind],
): Validation<Resources[Kind]> => validate(schemas, kind, manifest, { old, refusesUnknown: true })

/**
 * Judges what its source has taken over already. A field that is unknown here is no mistake then: the API server drops what
 * its CRD does not know, so it is of a newer CRD, beside which an older operator may run.
 */
export const validateTaken = <Kind extends ResourceKind>(
  schemas: ResourceSchemas,
  kind: Kind,
  manifest: unknown,
): Validation<Resources[Kind]> => validate(schemas, kind, manifest, { refusesUnknown: false })
