// A connection whose sockets, tokens and gateway the test plays.
import { mock } from 'node:test'
import type { ServerFrame } from '../../../services/shared/domain/frames.ts'
import { Connection } from '../../../services/webchat/connection.ts'
import type { ConnectionPorts, ConnectionStatus, SocketEvents } from '../../../services/webchat/connection.ts'

export interface Opened extends SocketEvents {
  readonly protocols: readonly string[]
  readonly sent: string[]
  closed: boolean
}

export const settle = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await Promise.resolve()
}

export const bench = (over: Partial<ConnectionPorts> = {}) => {
  const sockets: Opened[] = []
  const statuses: ConnectionStatus[] = []
  const frames: ServerFrame[] = []
  const refused: (string | null)[] = []
  const connection = new Connection({
    openSocket: (protocols, events) => {
      const opened: Opened = { ...events, protocols, sent: [], closed: false }
      sockets.push(opened)
      return { send: (text) => void opened.sent.push(text), close: () => void (opened.closed = true) }
    },
    token: async (token) => {
      refused.push(token)
      return 'tökén'
    },
    explainRefusal: async () => null,
    onFrame: (frame) => void frames.push(frame),
    onStatus: (status) => void statuses.push(status),
    random: () => 0.5,
    now: () => Date.now(),
    ...over,
  })
  const last = (): Opened => sockets.at(-1) as Opened
  const open = async (): Promise<Opened> => {
    connection.start()
    await settle()
    last().onOpen()
    return last()
  }
  const later = async (ms: number): Promise<void> => {
    mock.timers.tick(ms)
    await settle()
  }
  return { connection, sockets, statuses, frames, refused, last, open, later, status: () => statuses.at(-1) }
}

export const subscribe = { type: 'subscribe', conversation: 'c1' } as const
