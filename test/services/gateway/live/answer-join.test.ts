import assert from 'node:assert/strict'
import { answerJoin } from '../../../../services/gateway/live/answer-join.ts'
import type { ServerFrame, StreamEvent } from '../../../../services/shared/domain/frames.ts'
import type { Message } from '../../../../services/shared/domain/message.ts'

const said = (text: string): Message => ({
  id: `id of ${text}`,
  role: 'user',
  author: 'ann',
  text,
  turn: `turn of ${text}`,
  createdAt: new Date(0).toISOString(),
  finish: 'complete',
})

/** What somebody who joins by saying `first`, as event 1 of its stream, has on the screen at last. */
const screenWith = async (stored: readonly string[], events: readonly StreamEvent[]): Promise<string[]> => {
  const { subscribed, events: frames } = await answerJoin(
    {
      conversation: 'c1',
      readStream: () =>
        Promise.resolve({
          epoch: 7,
          seq: events.length,
          recovered: false,
          events: events.map((event) => JSON.stringify(event)),
        }),
      readBefore: () => Promise.resolve([]),
      readMessages: () => Promise.resolve(stored.map(said)),
    },
    { kind: 'asOf', position: { epoch: 7, seq: 0 } },
  )
  const screen = new Set<string>()
  for (const bytes of [subscribed, ...frames.map(({ bytes: frame }) => frame)]) {
    const frame = JSON.parse(bytes.toString('utf8')) as ServerFrame
    if (frame.type === 'subscribed') for (const { text } of frame.messages) screen.add(text)
    if (frame.type === 'event' && frame.event.kind === 'message') screen.add(frame.event.message.text)
  }
  return [...screen]
}

const shown = (text: string): StreamEvent => ({ kind: 'message', message: said(text) })

describe('Who joins a conversation by saying something', () => {
  it('sees it as it was, and then the message come', async () => {
    assert.deepEqual(await screenWith(['earlier', 'first'], [shown('first')]), ['earlier', 'first'])
  })

  it('sees what was said in its order, also what was stored meanwhile and not shown yet', async () => {
    const stored = ['earlier', 'first', 'second']
    assert.deepEqual(await screenWith(stored, [shown('first')]), stored)
    assert.deepEqual(await screenWith(stored, [shown('first'), shown('second')]), stored)
  })
})
