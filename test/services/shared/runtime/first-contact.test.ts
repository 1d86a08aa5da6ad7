import assert from 'node:assert/strict'
import { KonstructError } from '../../../../services/shared/runtime/errors.ts'
import { FirstContact } from '../../../../services/shared/runtime/first-contact.ts'
import { type Facts, silentLog } from '../../../../services/shared/runtime/log.ts'
import { waitUntil } from '../../../support/wait-until.ts'

const wrongPassword = new KonstructError('STORE_UNAVAILABLE', {
  cause: Object.assign(new Error('password authentication failed'), { code: '28P01' }),
})
const away = new KonstructError('STORE_UNAVAILABLE', {
  cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
})

const meet = (answers: () => Promise<unknown>) => {
  const told: (Facts | undefined)[] = []
  const asked = { times: 0 }
  const log = { ...silentLog, error: (_: string, facts?: Facts) => void told.push(facts) }
  const contact = new FirstContact(
    { log },
    {
      postgres: () => {
        asked.times += 1
        return answers()
      },
    },
  )
  const isReady = (): boolean => contact.ready.every(([, holds]) => holds())
  return { contact, told, asked, isReady }
}

describe('The first contact with a store', () => {
  it('leaves a process ready while the store is only away, and asks again', async () => {
    const { contact, told, asked, isReady } = meet(() => Promise.reject(away))
    await waitUntil({ until: 'it was asked twice' }, () => asked.times === 2)
    assert.deepEqual([isReady(), told], [true, []])
    contact.stop()
  })

  it('makes it unready while the store refuses it, says so once, and ready when it is let in, for good', async () => {
    const state: { thrown: Error | undefined } = { thrown: wrongPassword }
    const { contact, told, asked, isReady } = meet(() =>
      state.thrown === undefined ? Promise.resolve() : Promise.reject(state.thrown),
    )
    await waitUntil({ until: 'it was asked twice' }, () => asked.times === 2)
    assert.equal(isReady(), false)
    assert.deepEqual(
      told.map((facts) => [facts?.resource, facts?.reason]),
      [['postgres', 'It does not take the user name or the password.']],
    )
    assert.deepEqual(
      contact.ready.map(([name]) => name),
      ['postgres-access'],
    )
    state.thrown = undefined
    await waitUntil({ until: 'it is ready' }, isReady)
    contact.stop()
  })
})
