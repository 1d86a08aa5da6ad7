import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Model } from '../../../../services/shared/domain/resources/tenant.ts'
import { Secret } from '../../../../services/shared/runtime/read-config.ts'
import { OpenAIModels } from '../../../../services/orchestrator/models/openai.ts'
import {
  ModelFailure,
  type ModelEvent,
  type ModelRequest,
} from '../../../../services/orchestrator/models/model.ts'
import { sayHello, startScriptedModel, type ModelScript, type ScriptedModel } from '../scripted-model.ts'

describe('A model behind an OpenAI-compatible server', () => {
  let server: ScriptedModel
  let models: OpenAIModels
  beforeEach(async () => {
    server = await startScriptedModel()
    models = new OpenAIModels()
  })
  afterEach(async () => {
    await models.close()
    await server.close()
  })

  const aRequest = (changes: Partial<ModelRequest> = {}, model: Partial<Model> = {}): ModelRequest => ({
    tenant: 'acme',
    model: {
      name: 'default',
      openAICompatible: { baseURL: server.baseURL, model: 'demo' },
      timeouts: { firstTokenSeconds: 5, idleSeconds: 5, totalSeconds: 10 },
      maxOutputTokens: 100,
      ...model,
    },
    apiKey: new Secret('key-of-acme'),
    prompt: [{ role: 'user', content: 'Hi' }],
    ...changes,
  })

  const ask = async (request = aRequest(), signal = new AbortController().signal): Promise<ModelEvent[]> => {
    const events: ModelEvent[] = []
    for await (const event of models.stream(request, signal)) events.push(event)
    return events
  }

  const failureOf = async (script: ModelScript): Promise<ModelFailure> => {
    server.script = script
    try {
      await ask()
    } catch (thrown) {
      if (thrown instanceof ModelFailure) return thrown
      throw thrown
    }
    return assert.fail('the model did not fail')
  }

  it('gives the text as it comes, then the finish with its usage', async () => {
    assert.deepEqual(await ask(), [
      { kind: 'text', text: 'Hel' },
      { kind: 'text', text: 'lo' },
      { kind: 'finish', reason: 'stop', usage: { inputTokens: 11, outputTokens: 7 } },
    ])
  })

  it('asks for a stream with usage, of the model and no longer than the tenant said', async () => {
    await ask()
    const [asked] = server.asked
    assert.equal(asked?.path, '/v1/chat/completions')
    assert.equal(asked.authorization, 'Bearer key-of-acme')
    assert.deepEqual(asked.body, {
      model: 'demo',
      messages: [{ role: 'user', content: 'Hi' }],
      max_tokens: 100,
      stream: true,
      stream_options: { include_usage: true },
    })
  })

  it('keeps its connections for the next requests', async () => {
    for (let count = 0; count < 10; count += 1) await ask()
    // A request that follows within the same millisecond may find the last one not quite over.
    const connections = new Set(server.asked.map(({ port }) => port)).size
    assert.ok(connections <= 2, String(connections))
  })

  it('keeps the connection of a server whose last bytes come late', async () => {
    const ended = Promise.withResolvers<void>()
    server.script = async (answer) => {
      answer.text('Hello')
      answer.chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
      answer.chunk({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } })
      answer.raw('data: [DONE]\n\n')
      for (let n = 0; n < 3; n += 1) {
        await sleep(20)
        answer.raw(': bye\n\n')
      }
      answer.end()
      ended.resolve()
    }
    await ask()
    await ended.promise
    // In many steps: a single one could be over before the end was read.
    for (let n = 0; n < 10; n += 1) await sleep(5)
    await ask()
    assert.equal(new Set(server.asked.map(({ port }) => port)).size, 1)
  })

  it('shares no connection between tenants, and takes a new one for a new key', async () => {
    await ask()
    await ask(aRequest({ tenant: 'globex', apiKey: null }))
    await ask(aRequest({ apiKey: new Secret('another') }))
    assert.equal(new Set(server.asked.map(({ port }) => port)).size, 3)
    assert.deepEqual(
      server.asked.map(({ authorization }) => authorization),
      ['Bearer key-of-acme', 'Bearer none', 'Bearer another'],
    )
  })

  it('finishes without usage when the server tells none and keeps the line open', async () => {
    server.script = (answer) => {
      answer.text('Hello')
      answer.chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'length' }] })
    }
    assert.deepEqual((await ask()).at(-1), { kind: 'finish', reason: 'length', usage: null })
  })

  for (const told of [-1, 1.5, 2 ** 30, 2 ** 31, Number.MAX_SAFE_INTEGER])
    it(`finishes without usage when the server tells ${told} tokens, which no model reads or writes`, async () => {
      for (const usage of [
        { prompt_tokens: told, completion_tokens: 1 },
        { prompt_tokens: 1, completion_tokens: told },
      ]) {
        server.script = (answer) => (answer.text('Hello'), answer.finish('stop', usage))
        assert.deepEqual((await ask()).at(-1), { kind: 'finish', reason: 'stop', usage: null })
      }
    })

  it('tells thoughts from words, and lets no NUL through', async () => {
    server.script = (answer) => {
      answer.chunk({ choices: [{ index: 0, delta: { reasoning_content: 'hm' } }] })
      answer.text('a\0b')
      answer.finish()
    }
    assert.deepEqual((await ask()).slice(0, 2), [
      { kind: 'thought', characters: 2 },
      { kind: 'text', text: 'ab' },
    ])
  })

  const faults: readonly (readonly [name: string, fault: string, script: ModelScript])[] = [
    ['an end without a finish reason', 'cut', (answer) => (answer.text('He'), answer.end())],
    [
      '[DONE] without a finish reason',
      'cut',
      (answer) => (answer.text('He'), answer.raw('data: [DONE]\n\n'), answer.end()),
    ],
    [
      'a connection that breaks mid-stream',
      'cut',
      async (answer) => (answer.text('He'), await sleep(20), answer.cut()),
    ],
    ['a connection that breaks before the answer', 'connection', (answer) => answer.cut()],
    ['an empty stream', 'connection', (answer) => (answer.raw(': nothing\n\n'), answer.end())],
    [
      'a chunk that is no JSON',
      'malformed',
      (answer) => (answer.text('He'), answer.raw('data: {"choices": [\n\n')),
    ],
    ['a chunk of another shape', 'malformed', (answer) => answer.chunk({ choices: 'none' })],
    [
      'an error inside the stream',
      'cut',
      (answer) => (answer.text('He'), answer.chunk({ error: { message: 'x' } })),
    ],
    ['status 500', 'server_error', (answer) => answer.status(500)],
    ['status 503', 'server_error', (answer) => answer.status(503)],
    ['status 429', 'rate_limited', (answer) => answer.status(429)],
    ['status 401', 'refused', (answer) => answer.status(401)],
    ['status 404', 'refused', (answer) => answer.status(404)],
    ['an answer without a body', 'connection', (answer) => answer.status(204)],
    ['a redirect', 'refused', (answer) => answer.status(302, { location: 'http://127.0.0.1:1/' })],
    [
      'a flood without a line break',
      'endless',
      async (answer, { closed }) => {
        answer.raw('data: ')
        while (!closed.aborted) {
          answer.raw('x'.repeat(65_536))
          await sleep(0)
        }
      },
    ],
  ]
  for (const [name, fault, script] of faults)
    it(`calls ${name} ${fault}`, async () => {
      assert.equal((await failureOf(script)).fault, fault)
    })

  it('reads how long to wait, in seconds, milliseconds or as a date', async () => {
    const asked = async (headers: Record<string, string>): Promise<number | undefined> =>
      (await failureOf((answer) => answer.status(429, headers))).retryAfterMs
    assert.equal(await asked({ 'retry-after': '3' }), 3_000)
    assert.equal(await asked({ 'retry-after-ms': '120' }), 120)
    const date = await asked({ 'retry-after': new Date(Date.now() + 5_000).toUTCString() })
    assert.ok(date !== undefined && date > 3_000 && date <= 5_000, String(date))
    assert.equal(await asked({ 'retry-after': 'soon' }), undefined)
  })

  it('puts nothing of the request, the answer or the key into its failures', async () => {
    const failure = await failureOf((answer) =>
      answer.status(401, {}, '{"error":{"message":"Incorrect API key provided: key-of-acme"}}'),
    )
    assert.doesNotMatch(`${failure.message} ${failure.stack} ${JSON.stringify(failure)}`, /key-of-acme/)
    assert.equal(failure.cause, undefined)
  })

  it('ends at once when it is told to, and hangs up', async () => {
    server.script = async (answer, { closed }) => {
      answer.text('Hello')
      await new Promise((resolve) => {
        closed.addEventListener('abort', resolve)
      })
    }
    const control = new AbortController()
    const events: ModelEvent[] = []
    for await (const event of models.stream(aRequest(), control.signal)) {
      events.push(event)
      control.abort()
    }
    assert.equal(events.length, 1)
    assert.ok(server.asked[0]?.closed.aborted || (await hungUp(server)))
  })

  it('forgets the connections to a model that its tenant no longer has, and only those', async () => {
    await ask()
    await ask(aRequest({ tenant: 'acme-2' }))
    models.keepOnly('acme', ['another'])
    await ask()
    await ask(aRequest({ tenant: 'acme-2' }))
    const [acme, other, acmeAgain, otherAgain] = server.asked.map(({ port }) => port)
    assert.notEqual(acme, acmeAgain)
    assert.equal(other, otherAgain)
  })

  it('speaks to the server that the tenant names now', async () => {
    const other = await startScriptedModel()
    other.script = sayHello
    await ask()
    await ask(aRequest({}, { openAICompatible: { baseURL: other.baseURL, model: 'demo' } }))
    assert.deepEqual([server.asked.length, other.asked.length], [1, 1])
    await other.close()
  })
})

const hungUp = (server: ScriptedModel): Promise<boolean> =>
  new Promise((resolve) => {
    server.asked[0]?.closed.addEventListener('abort', () => resolve(true))
  })
