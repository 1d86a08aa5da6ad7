// The CRDs made ready to judge with, once at the start: `main` reads the two files and hands their text over.
import { parse } from 'yaml'
import { compileRules, type RulesCheck } from './check-rules.ts'
import { compileStructure, type StructureCheck } from './check-structure.ts'
import type { CrdSchema } from './crd-schema.ts'
import type { ResourceKind } from './resource.ts'

interface ResourceSchema {
  readonly schema: CrdSchema
  readonly checkStructure: StructureCheck
  readonly checkRules: RulesCheck
}

export type ResourceSchemas = Readonly<Record<ResourceKind, ResourceSchema>>

interface Crd {
  readonly spec: {
    readonly versions: readonly [{ readonly schema: { readonly openAPIV3Schema: CrdSchema } }]
  }
}

const fieldsOf = (schema: CrdSchema, names: readonly string[]): Readonly<Record<string, CrdSchema>> =>
  Object.fromEntries(names.map((name) => [name, schema]))

const texts = ['name', 'generateName', 'namespace', 'uid', 'resourceVersion', 'selfLink']
const times = ['creationTimestamp', 'deletionTimestamp']

/** ObjectMeta, which every CRD leaves to Kubernetes. */
const metadata: CrdSchema = {
  type: 'object',
  properties: {
    ...fieldsOf({ type: 'string' }, [...texts, ...times]),
    ...fieldsOf({ type: 'integer' }, ['generation', 'deletionGracePeriodSeconds']),
    ...fieldsOf({ type: 'object' }, ['labels', 'annotations']),
    ...fieldsOf({ type: 'array' }, ['finalizers', 'ownerReferences', 'managedFields']),
  },
}

const compileSchema = (crd: string): ResourceSchema => {
  const { openAPIV3Schema } = (parse(crd) as Crd).spec.versions[0].schema
  // Without the status: it is not the user's, and its default must not get into a resource that is judged.
  const { status: _, ...properties } = openAPIV3Schema.properties ?? {}
  const schema: CrdSchema = { ...openAPIV3Schema, properties: { ...properties, metadata } }
  return { schema, checkStructure: compileStructure(schema), checkRules: compileRules(schema) }
}

/**
 * @param crds the text of `crds/tenant.yaml` and `crds/agent.yaml`
 * @throws Error when a file is no CRD or a rule is no CEL: a fault of the build, not of a user.
 */
export const compileResourceSchemas = (
  crds: Readonly<Record<'tenant' | 'agent', string>>,
): ResourceSchemas => ({
  Tenant: compileSchema(crds.tenant),
  Agent: compileSchema(crds.agent),
})
