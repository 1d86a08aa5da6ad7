// The rules of a CRD (`x-kubernetes-validations`), evaluated in the order and by the meaning of the API server: a
// rule sees the value it stands at as `self`; one that speaks of `oldSelf` is asked only about a change, and only
// outside lists, where the API server cannot tell which item was which either.
import { celEnv, type CelInput, isCelError, parse, plan } from '@bufbuild/cel'
import { type CrdRule, type CrdSchema, type Fields } from './crd-schema.ts'
import { fieldPath, itemPath, type Problem } from './problem.ts'

export type RulesCheck = (value: unknown, old?: unknown) => readonly Problem[]

/** A value and the one it replaces, with the place where both are. */
interface Place {
  readonly path: string
  readonly self: CelInput
  readonly oldSelf: CelInput | undefined
}

type CelFields = Readonly<Record<string, CelInput>>

type CheckAt = (place: Place) => readonly Problem[]

const environment = celEnv()

/** Of a field that the schema leaves open, such as a label. */
const other: CrdSchema = { type: 'object' }

/** CEL tells whole numbers from fractions by type, and so does the schema: integers become bigint. */
const toCel = (schema: CrdSchema, value: unknown): CelInput => {
  const { items, properties } = schema
  if (schema.type === 'integer') return BigInt(value as number)
  if (items) return (value as readonly unknown[]).map((item) => toCel(items, item))
  if (!properties) return value as CelInput
  const fields = Object.entries(value as Fields)
  return Object.fromEntries(fields.map(([name, field]) => [name, toCel(properties[name] ?? other, field)]))
}

const compileRule = ({ rule, message, fieldPath: below = '' }: CrdRule): CheckAt => {
  const evaluate = plan(environment, parse(rule))
  const comparesWithOld = /\boldSelf\b/.test(rule)
  return ({ path, self, oldSelf }) => {
    if (comparesWithOld && oldSelf === undefined) return []
    const holds = evaluate(oldSelf === undefined ? { self } : { self, oldSelf })
    if (holds === true) return []
    const told = isCelError(holds) ? `${holds.message} evaluating rule: ${message}` : message
    return [{ path: below === '' ? path : fieldPath(path, below.slice(1)), message: told }]
  }
}

const compileField = (name: string, schema: CrdSchema): CheckAt => {
  const check = compileNode(schema)
  return ({ path, self, oldSelf }) => {
    const value = (self as CelFields)[name]
    if (value === undefined) return []
    const old = (oldSelf as CelFields | undefined)?.[name]
    return check({ path: fieldPath(path, name), self: value, oldSelf: old })
  }
}

const compileItems = (schema: CrdSchema): CheckAt => {
  const check = compileNode(schema)
  return ({ path, self }) =>
    (self as readonly CelInput[]).flatMap((item, index) =>
      check({ path: itemPath(path, index), self: item, oldSelf: undefined }),
    )
}

const compileNode = (schema: CrdSchema): CheckAt => {
  const checks = [
    ...(schema['x-kubernetes-validations'] ?? []).map(compileRule),
    ...Object.entries(schema.properties ?? {}).map(([name, field]) => compileField(name, field)),
    ...(schema.items ? [compileItems(schema.items)] : []),
  ]
  return (place) => checks.flatMap((check) => check(place))
}

/**
 * A check made once per schema, for values that have its structure.
 * @throws Error when a rule of the schema is not CEL.
 */
export const compileRules = (schema: CrdSchema): RulesCheck => {
  const check = compileNode(schema)
  return (value, old) =>
    check({
      path: '',
      self: toCel(schema, value),
      oldSelf: old === undefined ? undefined : toCel(schema, old),
    })
}
