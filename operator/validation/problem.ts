// What is wrong with a resource: where, in the API server's notation, and a sentence that says what to write instead.

export interface Problem {
  /** As in `spec.models[0].name`; empty for the resource as a whole. */
  readonly path: string
  readonly message: string
}

export const fieldPath = (parent: string, field: string): string =>
  parent === '' ? field : `${parent}.${field}`

export const itemPath = (parent: string, index: number): string => `${parent}[${index}]`
