// A chat whose gateway the test plays.
import assert from 'node:assert/strict'
import type { ClientFrame, ServerFrame } from '../../../services/shared/domain/frames.ts'
import type { Message } from '../../../services/shared/domain/message.ts'
import { memoryStorage } from '../../../services/webchat/browser-storage.ts'
import { Chat } from '../../../services/webchat/chat.ts'
import type { ChatPorts } from '../../../services/webchat/chat-ports.ts'
import type { SocketEvents } from '../../../services/webchat/connection.ts'

export const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

const agents = [
  { name: 'support', displayName: 'Ava', greeting: '' },
  { name: 'payroll', displayName: 'Paul', greeting: '' },
]

export const api: ChatPorts['api'] = {
  agents: async () => agents,
  conversations: async () => ({ conversations: [], cursor: null }),
  messages: async () => ({ messages: [], before: null }),
}

export const message = (id: string, over: Partial<Message> = {}): Message => ({
  id,
  role: 'user',
  author: 'u1',
  text: id,
  turn: `t-${id}`,
  createdAt: '2026-01-01T00:00:00Z',
  finish: 'complete',
  ...over,
})

/** Never the same twice, as in browsers. */
let ids = 0

/** One chat on a socket that the test speaks for. */
export const bench = async (over: Partial<ChatPorts> = {}, agent = '') => {
  const sockets: { events: SocketEvents; sent: ClientFrame[] }[] = []
  const ports: ChatPorts = {
    api,
    anonymous: true,
    token: async () => 'token',
    openSocket: (_protocols, events) => {
      const socket = { events, sent: [] as ClientFrame[] }
      sockets.push(socket)
      return {
        send: (text) => void socket.sent.push(JSON.parse(text) as ClientFrame),
        close: () => undefined,
      }
    },
    storage: memoryStorage(),
    newId: () => `id-${++ids}-${sockets.length}`,
    now: Date.now,
    random: () => 0,
    tellTabs: () => undefined,
    onChange: () => undefined,
    ...over,
  }
  const chat = new Chat(ports, { tenant: 'acme', agent })
  const socket = () => sockets.at(-1) as (typeof sockets)[number]
  const hear = (frame: ServerFrame): void => socket().events.onMessage(JSON.stringify(frame))
  const welcome = (user = 'u1'): void => {
    socket().events.onOpen()
    hear({ type: 'welcome', protocol: 'konstruct.v1', tenant: 'acme', user, agents })
  }
  const reconnect = async (user?: string): Promise<void> => {
    socket().events.onClose(1006)
    chat.tryNow()
    await settle()
    welcome(user)
  }
  chat.start()
  await settle()
  welcome()
  await settle()
  return { chat, hear, reconnect, sent: () => socket().sent, close: () => chat.close() }
}

export type Bench = Awaited<ReturnType<typeof bench>>

/** Says something and lets the gateway accept it. */
export const talk = async ({ chat, hear, sent }: Bench, text: string): Promise<string> => {
  chat.say(text)
  const send = sent().at(-1)
  assert.ok(send?.type === 'send')
  const { id, conversation } = send
  hear({ type: 'accepted', id, conversation, message: `m-${id}`, turn: `t-${id}` })
  const stored = message(`m-${id}`, { text, turn: `t-${id}` })
  hear({
    type: 'subscribed',
    conversation,
    epoch: 1,
    seq: 1,
    recovered: false,
    messages: [stored],
    live: null,
  })
  await settle()
  return conversation
}

export const kinds = (frames: readonly ClientFrame[]): string[] => frames.map(({ type }) => type)
