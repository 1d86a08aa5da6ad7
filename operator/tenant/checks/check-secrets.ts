// Whether the Secrets that the tenant refers to could be read. A model without its key is called without one, so only
// what the tenant cannot work without makes it not ready; the rest is told.
import type { Finding } from '../finding.ts'
import { fails, holds, waitsFor } from '../finding.ts'
import type { Observed } from '../observe.ts'
import { secretRefs, type TenantSecretRef } from '../secret-refs.ts'

const type = 'SecretsResolved'

/** What keeps a reference from being resolved; undefined when nothing does. */
const judgeRef = ({ ref, what, required, shortest }: TenantSecretRef, secrets: Observed['secrets']) => {
  const reading = secrets.get(ref.name)
  if (reading === undefined) return undefined
  if (!reading.ok) return { error: reading.error, required }
  const value = reading.value?.get(ref.key)?.reveal() ?? ''
  if (reading.value === undefined)
    return { required, reason: 'SecretNotFound', message: `Create the Secret ${ref.name}: it holds ${what}.` }
  if (value === '')
    return {
      required,
      reason: 'SecretKeyNotFound',
      message: `Put ${what} into the Secret ${ref.name} as the key ${ref.key}.`,
    }
  if (Buffer.byteLength(value) < shortest)
    return {
      required,
      reason: 'SecretTooShort',
      message: `Make ${what} (key ${ref.key} of the Secret ${ref.name}) at least ${shortest} bytes long.`,
    }
  return undefined
}

export const checkSecrets = ({ tenant, secrets }: Observed): Finding => {
  const spec = tenant?.spec
  const problems = (spec ? secretRefs(spec) : [])
    .map((ref) => judgeRef(ref, secrets))
    .filter((problem) => problem !== undefined)
  const missing = problems.find((problem) => problem.required && problem.error === undefined)
  if (missing?.error === undefined && missing !== undefined) return fails(type, 'other', missing)
  const unread = problems.map(({ error }) => error).find((error) => error !== undefined)
  if (unread !== undefined) return waitsFor(type, unread)
  const optional = problems.map(({ message }) => message).join(' ')
  if (optional !== '')
    return holds(type, 'OptionalSecretMissing', `${optional} Until then the model is called without a key.`)
  return holds(type, 'Resolved', 'Every Secret that the Tenant refers to was read.')
}
