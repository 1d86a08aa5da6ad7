// The orchestrator's side of a turn, played step by step by a test: with the store and the stream that it uses itself.
import assert from 'node:assert/strict'
import type { AcceptedFrame, StreamEvent, StreamPosition } from '../../../services/shared/domain/frames.ts'
import type { Message } from '../../../services/shared/domain/message.ts'
import { webchatResponseKey } from '../../../services/shared/redis/keys.ts'
import { appendEvents } from '../../../services/shared/redis/live-stream.ts'
import { claimTurn } from '../../../services/shared/store/claim-turn.ts'
import { closeTurns } from '../../../services/shared/store/open-turns.ts'
import { saveReply } from '../../../services/shared/store/save-reply.ts'
import type { GatewayWorld } from '../../support/gateway-world.ts'

export interface PlayedTurn {
  /** Adds to the stream. */
  tell(...events: readonly StreamEvent[]): Promise<StreamPosition>
  write(...pieces: readonly string[]): Promise<void>
  /** As after a lost stream: drops what was shown and writes all of it again. */
  restart(text: string): Promise<void>
  /** Saves the reply and announces its end. */
  answer(text: string): Promise<Message>
}

/** Takes up the turn of an accepted message. */
export const playTurn = async (
  { store, redis }: Pick<GatewayWorld, 'store' | 'redis'>,
  tenant: string,
  { conversation, turn }: Pick<AcceptedFrame, 'conversation' | 'turn'>,
): Promise<PlayedTurn> => {
  const ref = { tenant, conversation, turn }
  const claim = await claimTurn(store.app, {
    ref,
    worker: 'test',
    leaseMs: 60_000,
    maxConcurrentTurns: 100,
    budget: null,
  })
  if (claim.kind !== 'claimed') assert.fail(`the claim gave ${claim.kind}`)
  const { attempt, agent } = claim
  const tell = async (...events: readonly StreamEvent[]): Promise<StreamPosition> =>
    (await appendEvents(redis, webchatResponseKey(tenant, conversation), events)) ??
    assert.fail('no position')
  const delta = (text: string): StreamEvent => ({ kind: 'delta', turn, attempt, text })
  return {
    tell,
    write: async (...pieces) => {
      for (const piece of pieces) await tell(delta(piece))
    },
    restart: async (text) => void (await tell({ kind: 'restarted', turn, attempt }, delta(text))),
    answer: async (text) => {
      const usage = { inputTokens: 1, outputTokens: 1 }
      const reply = { ref, attempt, state: 'answered', author: agent, text, code: null, ...usage } as const
      const message = (await saveReply(store.app, reply)) ?? assert.fail('the fence was not the newest')
      await tell({ kind: 'message', message }, { kind: 'state', turn, state: 'answered' })
      await closeTurns(store.app, [ref])
      return message
    },
  }
}
