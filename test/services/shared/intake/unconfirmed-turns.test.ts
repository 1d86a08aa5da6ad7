import assert from 'node:assert/strict'
import { UnconfirmedTurns } from '../../../../services/shared/intake/unconfirmed-turns.ts'
import type { TurnRef } from '../../../../services/shared/domain/turn.ts'
import { silentLog } from '../../../../services/shared/runtime/log.ts'
import { waitUntil } from '../../../support/wait-until.ts'

const ref = (turn: string): TurnRef => ({ tenant: 'acme', conversation: 'c', turn })

describe('Turns that were published', () => {
  let confirmed: (readonly string[])[]
  let failing: boolean
  let unconfirmed: UnconfirmedTurns

  beforeEach(() => {
    confirmed = []
    failing = false
    unconfirmed = new UnconfirmedTurns({
      log: silentLog,
      confirm: async (refs) => {
        await Promise.resolve()
        if (failing) throw new Error('away')
        confirmed.push(refs.map(({ turn }) => turn))
      },
    })
  })

  afterEach(() => unconfirmed.close())

  it('are confirmed together, a moment later', async () => {
    for (const turn of ['a', 'b', 'c']) await unconfirmed.publishOnce(ref(turn), () => Promise.resolve())
    assert.deepEqual(confirmed, [])
    await waitUntil({ until: 'they are confirmed' }, () => confirmed.length > 0)
    assert.deepEqual(confirmed, [['a', 'b', 'c']])
  })

  it('are published once while they are not confirmed, whoever asks', async () => {
    let published = 0
    const publish = async (): Promise<void> => {
      await Promise.resolve()
      published += 1
    }
    await Promise.all([1, 2, 3].map(() => unconfirmed.publishOnce(ref('a'), publish)))
    await unconfirmed.publishOnce(ref('a'), publish)
    assert.equal(published, 1)
  })

  it('are published again after Kafka refused them, and everyone who waited is told', async () => {
    const refuse = () => Promise.reject(new Error('no'))
    const tries = [unconfirmed.publishOnce(ref('a'), refuse), unconfirmed.publishOnce(ref('a'), refuse)]
    for (const one of tries) await assert.rejects(one, /no/)
    await unconfirmed.publishOnce(ref('a'), () => Promise.resolve())
    await unconfirmed.close()
    assert.deepEqual(confirmed, [['a']])
  })

  it('are kept while PostgreSQL is away', async () => {
    failing = true
    await unconfirmed.publishOnce(ref('a'), () => Promise.resolve())
    await new Promise((resolve) => setTimeout(resolve, 300))
    failing = false
    await waitUntil({ until: 'it is confirmed' }, () => confirmed.length > 0)
    assert.deepEqual(confirmed, [['a']])
  })

  it('are confirmed before the end, in batches when there are many', async () => {
    for (let i = 0; i < 2_500; i++) await unconfirmed.publishOnce(ref(`t${i}`), () => Promise.resolve())
    await unconfirmed.close()
    assert.equal(confirmed.flat().length, 2_500)
    assert.ok(confirmed.every((batch) => batch.length <= 1_000))
  })
})
