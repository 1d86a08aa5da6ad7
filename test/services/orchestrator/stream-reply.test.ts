import assert from 'node:assert/strict'
import type { ModelEvent } from '../../../services/orchestrator/models/model.ts'
import { createMetrics } from '../../../services/orchestrator/metrics.ts'
import { ReplyStream } from '../../../services/orchestrator/reply-stream.ts'
import { streamReply } from '../../../services/orchestrator/stream-reply.ts'
import { aQuestion } from './a-question.ts'

describe('Streaming a reply', () => {
  const draftOf = async (events: (stop: () => void) => AsyncIterable<ModelEvent>) => {
    const control = new AbortController()
    const stream = new ReplyStream(
      { append: () => Promise.resolve({ epoch: 1, seq: 1 }), metrics: createMetrics(), onState: () => {} },
      { ref: { tenant: 'acme', conversation: 'c', turn: 't' }, attempt: 1, question: aQuestion },
    )
    const draft = await streamReply(
      events(() => control.abort('stopped')),
      { stream, signal: control.signal, maxOutputTokens: 10, onFirstText: () => {} },
    )
    stream.discard()
    return draft
  }

  it('counts thoughts as written, also when it is stopped while the model thinks', async () => {
    const { state, text, characters } = await draftOf(async function* (stop) {
      yield await Promise.resolve({ kind: 'thought', characters: 30 } as const)
      yield { kind: 'thought', characters: 10 }
      stop()
      yield { kind: 'thought', characters: 5 }
    })
    assert.deepEqual([state, text, characters], ['stopped', '', 40])
  })

  it('counts what was written of an answer without end', async () => {
    const { result, characters } = await draftOf(async function* () {
      yield await Promise.resolve({ kind: 'text', text: 'x'.repeat(60) } as const)
      yield { kind: 'thought', characters: 60 }
    })
    assert.deepEqual([result, characters], ['endless', 120])
  })
})
