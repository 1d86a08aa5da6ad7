// Fields that the schema does not know: most often a typing error or a wrong indentation. The API server refuses
// them in the same words when asked to be strict, which kubectl does.
import { type CrdSchema, isFields } from './crd-schema.ts'
import { fieldPath, itemPath, type Problem } from './problem.ts'

const unknownField = (path: string): Problem => ({ path, message: `unknown field "${path}"` })

/**
 * An object whose schema has no `properties`, such as the labels, may hold any field; where the schema wants no
 * object at all, every field is unknown.
 */
export const findUnknownFields = (schema: CrdSchema, value: unknown, path = ''): readonly Problem[] => {
  const { items, properties, type } = schema
  if (items && Array.isArray(value))
    return value.flatMap((item: unknown, index) => findUnknownFields(items, item, itemPath(path, index)))
  if (!isFields(value) || (type === 'object' && !properties)) return []
  return Object.entries(value).flatMap(([name, field]) => {
    const known = properties && Object.hasOwn(properties, name) ? properties[name] : undefined
    const where = fieldPath(path, name)
    return known ? findUnknownFields(known, field, where) : [unknownField(where)]
  })
}
