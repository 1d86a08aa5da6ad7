// Which Secrets a tenant refers to, and under which name each is published.
import type { SecretRef, TenantSpec } from '../../services/shared/domain/resources/tenant.ts'
import { modelSecretName, webJwtSecretName } from '../../services/shared/domain/tenant-config.ts'

export interface TenantSecretRef {
  /** What the services know it by. */
  readonly publishedAs: string
  readonly ref: SecretRef
  /** Named in sentences, as in `the key of the model default`. */
  readonly what: string
  /** Whether the tenant cannot work without it. A model can be called without a key. */
  readonly required: boolean
  /** In bytes. A value that is shorter is not published. */
  readonly shortest: number
}

/** RFC 7518, 3.2: a key for HS256 has at least the length of the hash. */
const shortestSharedSecret = 32

export const secretRefs = (spec: TenantSpec): readonly TenantSecretRef[] => {
  const models = spec.models.flatMap(({ name, openAICompatible: { apiKeySecretRef: ref } }) =>
    ref === undefined
      ? []
      : [
          {
            publishedAs: modelSecretName(name),
            ref,
            what: `the key of the model ${name}`,
            required: false,
            shortest: 1,
          },
        ],
  )
  const ref = spec.channels.web?.auth.jwt?.secretRef
  const what = 'the shared secret of the web channel'
  return ref === undefined
    ? models
    : [
        ...models,
        { publishedAs: webJwtSecretName, ref, what, required: true, shortest: shortestSharedSecret },
      ]
}
