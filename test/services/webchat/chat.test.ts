import assert from 'node:assert/strict'
import { mock } from 'node:test'
import type { ServerFrame } from '../../../services/shared/domain/frames.ts'
import { memoryStorage } from '../../../services/webchat/browser-storage.ts'
import type { ChatPorts } from '../../../services/webchat/chat-ports.ts'
import { transcript } from '../../../services/webchat/transcript.ts'
import { api, bench, kinds, message, settle, talk } from './chat-bench.ts'
import type { Bench } from './chat-bench.ts'

describe('the chat', () => {
  let chatting: Bench
  beforeEach(async () => {
    chatting = await bench()
  })
  afterEach(() => chatting.close())

  it('follows a conversation that its first message has begun', async () => {
    const conversation = await talk(chatting, 'hello')
    assert.deepEqual(chatting.sent().at(-1), { type: 'subscribe', conversation })
    assert.equal(chatting.chat.view.begun, true)
  })

  it('after a lost socket follows from where it stood, and says again what was not accepted, with the same id', async () => {
    const conversation = await talk(chatting, 'hello')
    chatting.chat.say('and this?')
    const first = chatting.sent().at(-1)
    await chatting.reconnect()
    assert.deepEqual(chatting.sent(), [
      { type: 'subscribe', conversation, after: { epoch: 1, seq: 1 } },
      first,
    ])
  })

  it('says what was said while it was away when it is back', async () => {
    const before = chatting.sent()
    const lost = chatting.reconnect()
    chatting.chat.say('still there?')
    await lost
    assert.deepEqual(kinds(before), [])
    assert.deepEqual(kinds(chatting.sent()), ['send'])
  })

  it('asks for what is missing once, however many events come early', async () => {
    const conversation = await talk(chatting, 'hello')
    const asked = chatting.sent().length
    for (const seq of [5, 6, 7])
      chatting.hear({
        type: 'event',
        conversation,
        epoch: 1,
        seq,
        event: { kind: 'delta', turn: 't', attempt: 1, text: 'x' },
      })
    assert.deepEqual(chatting.sent().slice(asked), [
      { type: 'subscribe', conversation, after: { epoch: 1, seq: 1 } },
    ])
  })

  it('shows nothing that has a hole behind it when it was away for long, and reads history anew', async () => {
    const asked: (string | null)[] = []
    const messages: ChatPorts['api']['messages'] = async (_token, _id, before) => {
      asked.push(before)
      return { messages: [], before: 'older' }
    }
    const away = await bench({ api: { ...api, messages } })
    const conversation = await talk(away, 'hello')
    await away.reconnect()
    const stored = { ...message('m-900'), createdAt: '2026-02-01T00:00:00Z' }
    const truth = { epoch: 1, seq: 900, recovered: false, messages: [stored], live: null }
    away.hear({ type: 'subscribed', conversation, ...truth })
    await settle()
    assert.deepEqual(away.chat.view.conversation.messages, [stored])
    assert.deepEqual([asked, away.chat.view.older], [[null, null], 'some'])
    away.close()
  })

  it('repeats a stop after a lost socket, as long as the reply is being written', async () => {
    await talk(chatting, 'hello')
    chatting.chat.stopReply()
    await chatting.reconnect()
    assert.deepEqual(kinds(chatting.sent()), ['subscribe', 'stop'])
  })

  it('asks for a sign of life with a stop, which has no answer of its own', async () => {
    const conversation = await talk(chatting, 'hello')
    const asked = chatting.sent().length
    chatting.chat.stopReply()
    const [, probe, ...rest] = chatting.sent().slice(asked)
    assert.deepEqual([probe, rest], [{ type: 'subscribe', conversation, after: { epoch: 1, seq: 1 } }, []])
  })

  for (const [when, before] of [
    ['in the middle of a reply', []],
    ['before a question was answered that it seemed to have heard', [5, 6]],
  ] as const)
    it(`notices by itself that the path has died ${when}`, async () => {
      mock.timers.enable({ apis: ['setTimeout', 'Date'] })
      try {
        const waiting = await bench()
        const conversation = await talk(waiting, 'hello')
        const event = { kind: 'delta', turn: 't', attempt: 1, text: 'x' } as const
        for (const seq of before) waiting.hear({ type: 'event', conversation, epoch: 1, seq, event })
        const asked = waiting.sent().length
        mock.timers.tick(15_000)
        assert.deepEqual(kinds(waiting.sent().slice(asked)), ['subscribe'])
        mock.timers.tick(10_000)
        assert.notEqual(waiting.chat.view.link.name, 'open')
        waiting.close()
      } finally {
        mock.timers.reset()
      }
    })

  it('begins anew as another visitor, and takes along what was not accepted', async () => {
    const conversation = await talk(chatting, 'hello')
    chatting.chat.say('not lost')
    await chatting.reconnect('u2')
    assert.equal(chatting.chat.view.outbox[0]?.user, 'u2')
    const [send, ...rest] = chatting.sent()
    assert.ok(send?.type === 'send' && send.text === 'not lost' && send.conversation !== conversation)
    assert.deepEqual(rest, [])
    assert.deepEqual(chatting.chat.view.conversation.messages, [])
  })

  it('keeps for each person who signs in what they said: another one does not say it', async () => {
    const signedIn = await bench({ anonymous: false })
    const conversation = await talk(signedIn, 'hello')
    signedIn.chat.say('between us')
    await signedIn.reconnect('u2')
    assert.deepEqual([signedIn.sent(), signedIn.chat.view.outbox], [[], []])
    await signedIn.reconnect('u1')
    const [send] = signedIn.sent()
    assert.ok(send?.type === 'send' && send.text === 'between us' && send.conversation === conversation)
    signedIn.close()
  })

  it('reads history as who the gateway takes it for, although a newer token is to be had', async () => {
    let tokens = 0
    const asked: string[] = []
    const messages: ChatPorts['api']['messages'] = async (token) => {
      asked.push(token)
      return { messages: [], before: null }
    }
    const renewing = await bench({ api: { ...api, messages }, token: async () => `token-${++tokens}` })
    await talk(renewing, 'hello')
    await renewing.chat.loadOlder()
    assert.deepEqual([new Set(asked), tokens], [new Set(['token-1']), 1])
    renewing.close()
  })

  it('shows a refused send with its reason, and sends it again when asked to', async () => {
    chatting.chat.say('too much')
    const send = chatting.sent().at(-1)
    assert.ok(send?.type === 'send')
    chatting.hear({ type: 'error', code: 'RATE_LIMITED', message: '', id: send.id, retryAfterMs: 10 })
    const [item] = transcript(chatting.chat.view.conversation, chatting.chat.view.outbox)
    assert.ok(item?.kind === 'sending' && item.entry.refusal?.code === 'RATE_LIMITED')
    chatting.chat.retry(send.id)
    assert.deepEqual(chatting.sent().at(-1), send)
  })

  it('shows no send as refused that the gateway has stored all the same', async () => {
    const conversation = await talk(chatting, 'hello')
    chatting.chat.say('and this?')
    const send = chatting.sent().at(-1)
    assert.ok(send?.type === 'send')
    const event = { kind: 'message', message: message('m-2', { text: 'and this?' }) } as const
    chatting.hear({ type: 'event', conversation, epoch: 1, seq: 2, event })
    chatting.hear({ type: 'error', code: 'OVERLOADED', message: '', id: send.id })
    assert.deepEqual(chatting.chat.view.outbox, [])
  })

  it('never sends a frame that the gateway would close the socket over', () => {
    chatting.chat.say('ü'.repeat(40_000))
    assert.deepEqual(chatting.sent(), [])
    assert.equal(chatting.chat.view.outbox[0]?.refusal?.code, 'TEXT_TOO_LONG')
  })

  it('shows the conversation again that was open, after a reload', async () => {
    const storage = memoryStorage()
    const before = await bench({ storage })
    const conversation = await talk(before, 'hello')
    before.close()
    const after = await bench({ storage })
    assert.deepEqual(after.sent(), [{ type: 'subscribe', conversation }])
    assert.equal(after.chat.view.conversation.agent, 'support')
    after.close()
  })

  for (const [fate, waits] of [
    ['waits', true],
    ['was refused', false],
  ] as const)
    it(`shows a first message again that ${fate}, after a reload`, async () => {
      const storage = memoryStorage()
      const before = await bench({ storage })
      before.chat.newConversation('payroll')
      before.chat.say('my first')
      const send = before.sent().at(-1)
      assert.ok(send?.type === 'send')
      if (!waits) before.hear({ type: 'error', code: 'RATE_LIMITED', message: '', id: send.id })
      before.close()
      const after = await bench({ storage })
      const { conversation, outbox } = after.chat.view
      assert.deepEqual([conversation.id, conversation.agent], [send.conversation, 'payroll'])
      assert.deepEqual(
        transcript(conversation, outbox).map(({ kind }) => kind),
        ['sending'],
      )
      assert.deepEqual(after.sent(), waits ? [send] : [])
      after.close()
    })

  it('shows a new conversation after a reload, whatever waits in one that has begun or with another agent', async () => {
    const storage = memoryStorage()
    const before = await bench({ storage })
    await talk(before, 'hello')
    before.chat.say('and this?')
    before.chat.newConversation('support')
    before.close()
    const after = await bench({ storage })
    assert.deepEqual(transcript(after.chat.view.conversation, after.chat.view.outbox), [])
    after.chat.say('for support')
    after.close()
    const other = await bench({ storage }, 'payroll')
    assert.equal(other.chat.view.conversation.agent, 'payroll')
    other.close()
  })

  it('begins a new one when the conversation that was open is gone', async () => {
    const conversation = await talk(chatting, 'hello')
    await chatting.reconnect()
    chatting.hear({ type: 'error', code: 'CONVERSATION_NOT_FOUND', message: '', conversation })
    assert.equal(chatting.chat.view.begun, false)
    assert.notEqual(chatting.chat.view.conversation.id, conversation)
  })

  it('follows a conversation once per socket, however often the reader looks at it', async () => {
    const conversation = await talk(chatting, 'hello')
    chatting.chat.newConversation('payroll')
    assert.equal(chatting.chat.view.conversation.agent, 'payroll')
    const asked = chatting.sent().length
    chatting.chat.openConversation(conversation, 'support')
    assert.equal(chatting.sent().length, asked)
    assert.equal(chatting.chat.view.conversation.messages.length, 1)
  })

  it('goes on when a later gateway sends frames and codes that it does not know', async () => {
    chatting.hear({ type: 'fanfare' } as unknown as ServerFrame)
    chatting.hear({ type: 'error', code: 'MOON_PHASE', message: '' } as unknown as ServerFrame)
    await talk(chatting, 'hello')
    assert.equal(chatting.chat.view.conversation.messages.length, 1)
  })
})
