// Kubernetes' defaulting: a field that is missing or null gets its default, and the fields within a default get
// theirs; a null without a default counts as left out. Values of the wrong type are left for the check of the
// structure to tell.
import { type CrdSchema, type Fields, isFields } from './crd-schema.ts'

const defaultObject = (schema: CrdSchema, given: Fields): Fields => {
  const fields: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(given)) if (value !== null) fields[name] = value
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const value = fields[name] ?? field.default
    if (value !== undefined) fields[name] = defaultFields(field, value)
  }
  return fields
}

/** The value with every default of the schema in it; the given one is not changed. */
export const defaultFields = (schema: CrdSchema, value: unknown): unknown => {
  const { items } = schema
  if (items && Array.isArray(value)) return value.map((item: unknown) => defaultFields(items, item))
  if (schema.properties && isFields(value)) return defaultObject(schema, value)
  return value
}
