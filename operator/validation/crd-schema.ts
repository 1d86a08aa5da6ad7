// The part of a CRD's schema that our CRDs use. Everything here is structural: each field says its type.

export interface CrdRule {
  readonly rule: string
  readonly message: string
  /** Where the problem is told, under the node that has the rule, as in `.displayName`. */
  readonly fieldPath?: string
}

export interface CrdSchema {
  readonly type: 'object' | 'array' | 'string' | 'integer' | 'boolean'
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, CrdSchema>>
  readonly items?: CrdSchema
  readonly 'x-kubernetes-validations'?: readonly CrdRule[]
}

/** A JSON object; what a field of type `object` holds. */
export type Fields = Readonly<Record<string, unknown>>

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
