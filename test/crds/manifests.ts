// Small manifests to start from; a test says only what is special about its own.

export interface Manifest {
  readonly apiVersion: string
  readonly kind: 'Tenant' | 'Agent'
  readonly metadata: { readonly name: string; readonly [field: string]: unknown }
  readonly spec?: unknown
}

export type Fields = Readonly<Record<string, unknown>>

const apiVersion = 'konstruct.dev/v1alpha1'

/** A field given as undefined is left out, as it would be from a file. */
const written = (manifest: Manifest): Manifest => structuredClone(JSON.parse(JSON.stringify(manifest)))

export const aModel = (fields: Fields = {}): Fields => ({
  name: 'default',
  openAICompatible: { baseURL: 'https://models.example/v1', model: 'small' },
  ...fields,
})

export const aTenant = (spec: Fields = {}, name = 'tidy'): Manifest =>
  written({
    apiVersion,
    kind: 'Tenant',
    metadata: { name },
    spec: { displayName: 'Tidy', models: [aModel()], ...spec },
  })

export const aTenantOnTheWeb = (web: Fields = {}): Manifest =>
  aTenant({ channels: { web: { defaultAgent: 'support', auth: { anonymous: {} }, ...web } } })

export const aTenantWithJwt = (jwt: Fields = {}): Manifest =>
  aTenantOnTheWeb({
    auth: {
      jwt: {
        issuer: 'https://id.tidy.example',
        audience: 'konstruct',
        jwksURL: 'https://id.tidy.example/jwks.json',
        ...jwt,
      },
    },
  })

export const anAgent = (spec: Fields = {}, name = 'helper'): Manifest =>
  written({
    apiVersion,
    kind: 'Agent',
    metadata: { name },
    spec: { tenant: 'tidy', displayName: 'Helen', instructions: 'You are Helen.', ...spec },
  })
