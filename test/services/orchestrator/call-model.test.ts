import assert from 'node:assert/strict'
import { once } from 'node:events'
import { silentLog } from '../../../services/shared/runtime/log.ts'
import { callModel } from '../../../services/orchestrator/call-model.ts'
import { createMetrics } from '../../../services/orchestrator/metrics.ts'
import {
  ModelFailure,
  type ModelEvent,
  type ModelPort,
  type ModelRequest,
} from '../../../services/orchestrator/models/model.ts'

type Try = (signal: AbortSignal) => AsyncIterable<ModelEvent>

const word: ModelEvent = { kind: 'text', text: 'Hi' }
const finish: ModelEvent = { kind: 'finish', reason: 'stop', usage: null }

async function* says(...events: readonly (ModelEvent | ModelFailure)[]): AsyncGenerator<ModelEvent> {
  await Promise.resolve()
  for (const event of events) {
    if (event instanceof ModelFailure) throw event
    yield event
  }
}

async function* saysNothing(signal: AbortSignal): AsyncGenerator<ModelEvent> {
  await once(signal, 'abort')
  yield* []
}

const request: ModelRequest = {
  tenant: 'acme',
  model: {
    name: 'default',
    openAICompatible: { baseURL: 'http://127.0.0.1/v1', model: 'demo' },
    timeouts: { firstTokenSeconds: 0.1, idleSeconds: 0.1, totalSeconds: 0.5 },
    maxOutputTokens: 100,
  },
  apiKey: null,
  prompt: [],
}

describe('Calling a model', () => {
  let asked: number
  let mayHaveRead: boolean
  beforeEach(() => {
    asked = 0
    mayHaveRead = false
  })

  /** Makes the tries of the model, one after the other. */
  const call = async (
    tries: readonly Try[],
    signal = new AbortController().signal,
  ): Promise<ModelEvent[]> => {
    const models: ModelPort = {
      stream: (_, ends) => {
        const next = tries[asked] ?? assert.fail('it was asked too often')
        asked += 1
        return next(ends)
      },
    }
    const events: ModelEvent[] = []
    const ports = { models, metrics: createMetrics(), log: silentLog }
    const note = (read: boolean): void => {
      mayHaveRead = read
    }
    for await (const event of callModel(ports, request, { signal, noteRead: note })) events.push(event)
    return events
  }

  it('asks again after a failure that may pass, as long as nothing came', async () => {
    const events = await call([() => says(new ModelFailure('server_error')), () => says(word, finish)])
    assert.deepEqual(events, [word, finish])
  })

  it('never asks again once something came, whatever the failure', async () => {
    await assert.rejects(
      call([() => says(word, new ModelFailure('server_error')), () => says(word, finish)]),
      { fault: 'server_error' },
    )
    assert.equal(asked, 1)
  })

  it('does not wait for a time that the turn does not have', async () => {
    const before = performance.now()
    await assert.rejects(call([() => says(new ModelFailure('rate_limited', { retryAfterMs: 2_000 }))]), {
      fault: 'rate_limited',
    })
    assert.ok(performance.now() - before < 200)
  })

  it('is cut off by silence, before the first word and after it', async () => {
    await assert.rejects(call([saysNothing]), { fault: 'silence' })
    const stalls: Try = async function* (signal) {
      yield word
      yield* saysNothing(signal)
    }
    asked = 0
    await assert.rejects(call([stalls]), { fault: 'silence' })
  })

  it('is cut off when its time is over, however much is said', async () => {
    const talks: Try = async function* (signal) {
      while (!signal.aborted) {
        yield word
        await new Promise((resolve) => {
          setTimeout(resolve, 20)
        })
      }
    }
    await assert.rejects(call([talks]), { fault: 'late' })
  })

  it('tells that the prompt was read, unless the model was not reached or sent it back', async () => {
    await call([() => says(word, finish)])
    assert.ok(mayHaveRead)
    asked = 0
    await assert.rejects(call([() => says(new ModelFailure('refused'))]))
    assert.ok(!mayHaveRead)
    asked = 0
    await assert.rejects(call([saysNothing]))
    assert.ok(mayHaveRead)
    mayHaveRead = false
    await call([], AbortSignal.abort('stopped'))
    assert.ok(!mayHaveRead)
  })

  it('ends without a word when it is told to, and asks nobody after that', async () => {
    const control = new AbortController()
    const ended = call([saysNothing], control.signal)
    control.abort('stopped')
    assert.deepEqual(await ended, [])
    assert.deepEqual(await call([], control.signal), [])
  })
})
