import assert from 'node:assert/strict'
import OpenAI from 'openai'
import { type DemoModel, startDemoModel } from '../../../dev/demo-model/demo-model.ts'

describe('The demo model', () => {
  let model: DemoModel
  let client: OpenAI

  before(async () => {
    model = await startDemoModel({ tokensPerSecond: 5_000 })
    client = new OpenAI({ baseURL: model.url, apiKey: 'none', maxRetries: 0, logLevel: 'off' })
  })
  after(() => model.close())

  interface Said {
    readonly text: string
    readonly finish: string | null
    readonly outputTokens: number
  }

  const add = (said: Said, { choices: [choice], usage }: OpenAI.ChatCompletionChunk): Said => ({
    text: said.text + (choice?.delta.content ?? ''),
    finish: choice?.finish_reason ?? said.finish,
    outputTokens: usage?.completion_tokens ?? said.outputTokens,
  })

  interface Asking {
    readonly model?: string
    readonly system?: string
    /** Characters after which it is enough. */
    readonly limit?: number
  }

  const ask = async (
    content: string,
    {
      model: name = 'demo',
      system = 'You are Ava, an agent.',
      limit = Number.POSITIVE_INFINITY,
    }: Asking = {},
  ): Promise<Said> => {
    const stream = await client.chat.completions.create({
      model: name,
      stream: true,
      stream_options: { include_usage: true },
      messages: [
        { role: 'system', content: system },
        { role: 'user', content },
      ],
    })
    let said: Said = { text: '', finish: null, outputTokens: 0 }
    for await (const chunk of stream) {
      said = add(said, chunk)
      if (said.text.length > limit) break
    }
    return said
  }

  it('streams an answer in its agent’s name, says what it is, and ends with a reason and its usage', async () => {
    const said = await ask('Hello')
    assert.match(said.text, /I am Ava.*demo model/s)
    assert.equal(said.finish, 'stop')
    assert.ok(said.outputTokens > 10)
  })

  it('answers the same to the same, and the same without a stream', async () => {
    const whole = await client.chat.completions.create({
      model: 'demo',
      messages: [
        { role: 'system', content: 'You are Ava, an agent.' },
        { role: 'user', content: 'Show me some code' },
      ],
    })
    assert.equal(whole.choices[0]?.message.content, (await ask('Show me some code')).text)
  })

  it('is long when asked for something long, and remembers what was said before', async () => {
    assert.ok((await ask('Write a long story')).outputTokens > 150)
    const remembered = await client.chat.completions.create({
      model: 'demo',
      messages: [
        { role: 'user', content: 'My dog is called Rex' },
        { role: 'assistant', content: 'Nice.' },
        { role: 'user', content: 'What did I say first?' },
      ],
    })
    assert.match(remembered.choices[0]?.message.content ?? '', /Rex/)
  })

  it('answers at once as `instant`, and with its instructions as `echo`', async () => {
    assert.equal((await ask('x', { model: 'instant' })).text, 'Here it is, at once.')
    assert.equal(
      (await ask('x', { model: 'echo', system: 'Say what I told you.' })).text,
      'Say what I told you.',
    )
  })

  it('notes what it was asked', async () => {
    await ask('a canary')
    assert.equal(model.requests.at(-1)?.messages.at(-1)?.content, 'a canary')
    assert.equal(model.requests.at(-1)?.authorization, 'Bearer none')
  })

  it('fails as it is asked to', async () => {
    await assert.rejects(ask('[fault:error]'), { status: 500 })
    await assert.rejects(ask('[fault:busy]'), { status: 429 })
    await assert.rejects(ask('[fault:cut]'))
    await assert.rejects(ask('[fault:malformed]'))
    assert.equal((await ask('[fault:unfinished] hello')).finish, null)
    assert.ok((await ask('[fault:endless]', { limit: 2_000 })).text.length > 2_000)
  })

  it('fails at every message when its name asks for it', async () => {
    await assert.rejects(ask('Hello', { model: 'demo[fault:error]' }), { status: 500 })
  })

  it('tells another process what it was asked, but no key', async () => {
    await ask('a canary for others')
    const told = await (await fetch(new URL('/requests', model.url))).text()
    assert.match(told, /a canary for others/)
    assert.doesNotMatch(told, /Bearer/)
  })

  it('lists its models', async () => {
    const { data } = await client.models.list()
    assert.deepEqual(
      data.map(({ id }) => id),
      ['demo', 'instant', 'echo'],
    )
  })

  it('is busy once for the same message when asked to', async () => {
    await assert.rejects(ask('[fault:busy-once] please'), { status: 429 })
    assert.equal((await ask('[fault:busy-once] please')).finish, 'stop')
  })
})
