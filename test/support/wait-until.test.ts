import assert from 'node:assert/strict'
import { waitUntil } from './wait-until.ts'

describe('waitUntil', () => {
  it('gives the first value that is there, also after errors', async () => {
    let tries = 0
    const probe = (): number | undefined => {
      tries += 1
      if (tries === 1) throw new Error('not yet')
      return tries === 3 ? tries : undefined
    }
    assert.equal(await waitUntil({ until: 'it is three', everyMs: 1 }, probe), 3)
  })

  it('looks once more when the time is up, however long this process had paused', async () => {
    let isThere = false
    const seen = waitUntil({ until: 'it is there', deadlineMs: 10, everyMs: 1 }, () => isThere)
    const until = performance.now() + 30
    while (performance.now() < until);
    isThere = true
    assert.equal(await seen, true)
  })

  it('says what it waited for, and keeps the last error', async () => {
    const cause = new Error('refused')
    const probe = (): Promise<boolean> => Promise.reject(cause)
    await assert.rejects(waitUntil({ until: 'it answers', deadlineMs: 10, everyMs: 1 }, probe), {
      message: 'Gave up waiting until it answers after 10 ms.',
      cause,
    })
  })
})
