import assert from 'node:assert/strict'
import { askWhileScraped } from '../../../../services/shared/runtime/ask-while-scraped.ts'

describe('What is asked while Prometheus scrapes', () => {
  it('is asked once by all who ask at the same time, and again by those who come later', async () => {
    let asked = 0
    const ask = askWhileScraped(async () => (asked += 1))
    assert.deepEqual(await Promise.all([ask(), ask()]), [1, 1])
    assert.equal(await ask(), 2)
  })

  it('has no value when it fails', async () => {
    const ask = askWhileScraped(() => Promise.reject(new Error('away')))
    assert.equal(await ask(), undefined)
  })

  it('has no value when it comes too late, so that the rest of the scrape does not wait', async () => {
    const ask = askWhileScraped(() => new Promise(() => {}))
    const since = performance.now()
    assert.equal(await ask(), undefined)
    assert.ok(performance.now() - since < 5_000)
  })
})
