// Types, lengths and choices, by ajv, told in the API server's own words: they name the type or the choices.
import { Ajv, type ErrorObject } from 'ajv'
import type { CrdSchema } from './crd-schema.ts'
import { fieldPath, itemPath, type Problem } from './problem.ts'

export type StructureCheck = (value: unknown) => readonly Problem[]

/** `/spec/models/0/name` as `spec.models[0].name`. */
const pathOf = (pointer: string): string =>
  pointer
    .split('/')
    .slice(1)
    .reduce((path, part) => (/^\d+$/.test(part) ? itemPath(path, Number(part)) : fieldPath(path, part)), '')

const typeOf = (value: unknown): string => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return Number.isInteger(value) && Math.abs(value as number) < 2 ** 63 ? 'integer' : typeof value
}

const sentences: Readonly<Record<string, (error: ErrorObject, path: string) => string>> = {
  type: ({ params, data }, path) =>
    `${path} in body must be of type ${String(params['type'])}: "${typeOf(data)}"`,
  enum: ({ params, data }) =>
    `Unsupported value: ${JSON.stringify(data)}: supported values: ${(params['allowedValues'] as readonly string[]).map((choice) => `"${choice}"`).join(', ')}`,
  maxLength: ({ params }) => `Too long: may not be more than ${String(params['limit'])} bytes`,
  maxItems: ({ params, data }) =>
    `Too many: ${(data as readonly unknown[]).length}: must have at most ${String(params['limit'])} items`,
}

const describe = (error: ErrorObject): Problem => {
  const path = pathOf(error.instancePath)
  return { path, message: sentences[error.keyword]?.(error, path) ?? error.message ?? error.keyword }
}

/** A check made once per schema. Keywords of Kubernetes' own (`x-kubernetes-…`) mean nothing to it. */
export const compileStructure = (schema: CrdSchema): StructureCheck => {
  const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false, verbose: true })
  const validate = ajv.compile(schema)
  return (value) => (validate(value) ? [] : (validate.errors ?? []).map(describe))
}
