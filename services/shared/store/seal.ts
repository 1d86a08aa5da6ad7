// Secrets at rest: AES-256-GCM, with the tenant and the name as associated data, so that a sealed value copied to
// another tenant's row does not open. The key id is kept beside it: rotate by putting a new key first in the ring.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { KonstructError } from '../runtime/errors.ts'
import { Secret, type Setting } from '../runtime/read-config.ts'

/** Keys by id; the first seals, every one opens. */
export type Keyring = ReadonlyMap<string, Secret>

export interface SealedSecret {
  readonly name: string
  readonly keyId: string
  /** Nonce (12 bytes), tag (16 bytes), ciphertext. */
  readonly sealed: Buffer
}

const nonceBytes = 12
const tagBytes = 16
const keyBytes = 32

const parseKeyring = (given: string): Keyring => {
  const keys = given.split(',').map((entry): readonly [string, Secret] => {
    const [id = '', encoded = ''] = entry.trim().split(':')
    if (!/^[a-z0-9-]{1,32}$/.test(id) || Buffer.from(encoded, 'base64').length !== keyBytes)
      throw new Error('must be id:key pairs split by commas, each key 32 bytes in base64')
    return [id, new Secret(encoded)]
  })
  return new Map(keys)
}

/** The setting that operator and services share. */
export const keyringSetting: Setting<Keyring> = {
  env: 'KONSTRUCT_SECRET_KEYS',
  about: 'id:base64 pairs of 32 byte keys, split by commas; the first seals, all open',
  parse: parseKeyring,
}

const associated = (tenant: string, name: string): Buffer => Buffer.from(`${tenant}/${name}`)

export const sealSecret = (keyring: Keyring, tenant: string, name: string, value: Secret): SealedSecret => {
  const first = keyring.entries().next().value
  if (first === undefined)
    throw new KonstructError('CONFIG_INVALID', { message: 'The keyring holds no key.' })
  const [keyId, key] = first
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(key.reveal(), 'base64'), nonce)
  cipher.setAAD(associated(tenant, name))
  const body = Buffer.concat([cipher.update(value.reveal(), 'utf8'), cipher.final()])
  return { name, keyId, sealed: Buffer.concat([nonce, cipher.getAuthTag(), body]) }
}

/** @throws KonstructError `SECRET_UNREADABLE` when its key is not in the ring or it belongs to another tenant. */
export const openSecret = (keyring: Keyring, tenant: string, secret: SealedSecret): Secret => {
  const key = keyring.get(secret.keyId)
  if (key === undefined)
    throw new KonstructError('SECRET_UNREADABLE', {
      message: `The secret ${secret.name} of ${tenant} was sealed with key ${secret.keyId}, which is not in KONSTRUCT_SECRET_KEYS.`,
    })
  try {
    const decipher = createDecipheriv(
      'aes-256-gcm',
      Buffer.from(key.reveal(), 'base64'),
      secret.sealed.subarray(0, nonceBytes),
    )
    decipher.setAAD(associated(tenant, secret.name))
    decipher.setAuthTag(secret.sealed.subarray(nonceBytes, nonceBytes + tagBytes))
    const body = secret.sealed.subarray(nonceBytes + tagBytes)
    return new Secret(Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8'))
  } catch (thrown) {
    throw new KonstructError('SECRET_UNREADABLE', { cause: thrown })
  }
}
