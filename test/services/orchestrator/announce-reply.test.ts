import assert from 'node:assert/strict'
import { announceAgain } from '../../../services/orchestrator/announce-reply.ts'
import { Batch } from '../../../services/orchestrator/batch.ts'
import type { StreamEvent } from '../../../services/shared/domain/frames.ts'
import type { TurnRef } from '../../../services/shared/domain/turn.ts'
import { webchatResponseKey } from '../../../services/shared/redis/keys.ts'
import { appendEvents, questionFlush, readEvents } from '../../../services/shared/redis/live-stream.ts'
import { silentLog } from '../../../services/shared/runtime/log.ts'
import type { UnannouncedTurn } from '../../../services/shared/store/claim-turn.ts'
import { saveReply } from '../../../services/shared/store/save-reply.ts'
import { freshRedis } from '../../support/fresh-redis.ts'
import { type FreshStore, freshStore } from '../../support/fresh-store.ts'
import { type OpenRedis, openRedisAt } from '../../support/open-redis.ts'
import { talkingTenant } from '../../support/talking-tenant.ts'

describe('Announcing again', () => {
  let store: FreshStore
  let open: OpenRedis
  before(async () => {
    store = await freshStore()
    open = await openRedisAt((await freshRedis()).url)
  })
  after(async () => {
    open.close()
    await store.close()
  })

  const unannounced = async (): Promise<UnannouncedTurn> => {
    const of = await talkingTenant(store)
    const ref = await of.send({ text: 'What now?' })
    await saveReply(store.app, of.aReply(ref, (await of.claimed(ref)).attempt))
    const outcome = await of.claim(ref)
    return outcome.kind === 'unannounced' ? outcome : assert.fail(outcome.kind)
  }

  const announce = (turn: UnannouncedTurn) => {
    const closeTurn = new Batch<TurnRef>({ name: 'test', log: silentLog, write: () => Promise.resolve() })
    return announceAgain({ redis: open.redis, log: silentLog, closeTurn }, turn)
  }

  const keyOf = ({ ref }: UnannouncedTurn) => webchatResponseKey(ref.tenant, ref.conversation)

  const texts = async (turn: UnannouncedTurn): Promise<readonly string[]> => {
    const { events } = await readEvents(open.redis, keyOf(turn))
    return events
      .map((text) => JSON.parse(text) as StreamEvent)
      .map((event) => (event.kind === 'message' ? event.message.text : event.kind))
  }

  it('shows the question first, where whoever stored it and whoever answered it did not come to that', async () => {
    const turn = await unannounced()
    assert.equal(await announce(turn), 'ended')
    assert.deepEqual(await texts(turn), ['What now?', 'Hi Ann', 'state'])
  })

  it('shows the question once, and the end once however often it is announced', async () => {
    const turn = await unannounced()
    const said: StreamEvent = { kind: 'message', message: turn.question }
    await appendEvents(open.redis, keyOf(turn), [said], { flush: questionFlush(turn.ref.turn) })
    await announce(turn)
    await announce(turn)
    assert.deepEqual(await texts(turn), ['What now?', 'Hi Ann', 'state'])
  })
})
