import assert from 'node:assert/strict'
import type { MessagePage } from '../../../services/webchat/api.ts'
import { History } from '../../../services/webchat/history.ts'

const page = (before: string | null): MessagePage => ({ messages: [], before })

/** A history whose pages and growth the test tells beforehand. */
const bench = (pages: (MessagePage | Error)[], grows: boolean[]) => {
  const asked: (string | null)[] = []
  let added = 0
  const history = new History({
    page: async (_conversation, before) => {
      asked.push(before)
      const next = pages.shift()
      if (next === undefined || next instanceof Error) throw next ?? new Error('asked too often')
      return next
    },
    add: () => {
      added++
      return grows.shift() ?? false
    },
    onChange: () => undefined,
  })
  return { history, asked, added: () => added }
}

describe('history', () => {
  it('goes back page by page, and says when there is no more', async () => {
    const { history, asked } = bench([page('b'), page('a'), page(null)], [true, true, true])
    await history.open('c1')
    assert.equal(history.older('c1'), 'some')
    await history.loadOlder('c1')
    await history.loadOlder('c1')
    await history.loadOlder('c1')
    assert.deepEqual([asked, history.older('c1')], [[null, 'b', 'a'], 'none'])
  })

  it('reads the newest page once', async () => {
    const { history, asked } = bench([page('b')], [true])
    await history.open('c1')
    await history.open('c1')
    assert.deepEqual(asked, [null])
  })

  it('reads on where a page holds only what is known', async () => {
    const { history, asked } = bench([page('b'), page('a')], [false, true])
    await history.loadOlder('c1')
    assert.deepEqual(asked, [null, 'b'])
  })

  it('begins at the newest page again once it was forgotten, and takes nothing that was asked for before', async () => {
    const { history, asked, added } = bench([page('b'), page('a'), page('y')], [true, true])
    await history.open('c1')
    const late = history.loadOlder('c1')
    history.forget('c1')
    await late
    assert.deepEqual([history.older('c1'), added()], ['unknown', 1])
    await history.open('c1')
    assert.deepEqual([asked, history.older('c1')], [[null, 'b', null], 'some'])
  })

  it('can be tried again after a failure', async () => {
    const { history } = bench([new Error('away'), page('b'), new Error('away')], [true])
    await history.loadOlder('c1')
    assert.equal(history.older('c1'), 'unknown')
    await history.loadOlder('c1')
    await history.loadOlder('c1')
    assert.equal(history.older('c1'), 'some')
  })
})
