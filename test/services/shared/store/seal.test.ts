import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { Secret } from '../../../../services/shared/runtime/read-config.ts'
import {
  type Keyring,
  keyringSetting,
  openSecret,
  sealSecret,
} from '../../../../services/shared/store/seal.ts'

const aKey = (): string => randomBytes(32).toString('base64')
const ringOf = (text: string): Keyring => keyringSetting.parse(text)

describe('A sealed secret', () => {
  const ring = ringOf(`one:${aKey()}`)

  it('opens to what was sealed, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        const sealed = sealSecret(ring, 'acme', 'models/default/api-key', new Secret(value))
        assert.equal(openSecret(ring, 'acme', sealed).reveal(), value)
      }),
    )
  })

  it('does not open for another tenant, under another name, or when a byte of it changed', () => {
    const sealed = sealSecret(ring, 'acme', 'models/default/api-key', new Secret('sk-1'))
    const unreadable = { code: 'SECRET_UNREADABLE' }
    assert.throws(() => openSecret(ring, 'globex', sealed), unreadable)
    assert.throws(() => openSecret(ring, 'acme', { ...sealed, name: 'channels/web/jwt' }), unreadable)
    for (let at = 0; at < sealed.sealed.length; at += 1) {
      const changed = Buffer.from(sealed.sealed)
      changed[at] = (changed[at] ?? 0) ^ 1
      assert.throws(() => openSecret(ring, 'acme', { ...sealed, sealed: changed }), unreadable)
    }
  })

  it('still opens after a new key was put first, and the new key seals from then on', () => {
    const [oldKey, newKey] = [aKey(), aKey()]
    const sealed = sealSecret(ringOf(`old:${oldKey}`), 'acme', 'n', new Secret('kept'))
    const rotated = ringOf(`new:${newKey},old:${oldKey}`)
    assert.equal(openSecret(rotated, 'acme', sealed).reveal(), 'kept')
    assert.equal(sealSecret(rotated, 'acme', 'n', new Secret('x')).keyId, 'new')
  })

  it('names the key that is missing', () => {
    const sealed = sealSecret(ring, 'acme', 'n', new Secret('x'))
    assert.throws(() => openSecret(ringOf(`two:${aKey()}`), 'acme', sealed), /sealed with key one/)
  })

  it('needs keys of 32 bytes with an id', () => {
    for (const text of [
      '',
      'one',
      `one:${randomBytes(16).toString('base64')}`,
      `:${aKey()}`,
      `One:${aKey()}`,
    ])
      assert.throws(() => ringOf(text), /32 bytes/)
  })
})
