// A chat wired to a real browser: its sockets, storage, tabs, and the moments when a network or a reader comes back.
import { Api } from '../api.ts'
import { browserStorage } from '../browser-storage.ts'
import { Chat } from '../chat.ts'
import type { ChatPlace } from '../chat-ports.ts'
import type { Socket, SocketEvents } from '../connection.ts'
import { newId } from '../new-id.ts'
import { openTabs } from '../tabs.ts'
import { hostToken, visitorToken } from '../visitor-token.ts'
import type { HostToken } from '../visitor-token.ts'

export interface BrowserChatOptions extends ChatPlace {
  /** The gateway's origin. */
  readonly base: string
  /** Null makes the reader an anonymous visitor. */
  readonly hostToken: HostToken | null
  readonly onChange: () => void
}

export interface BrowserChat {
  readonly chat: Chat
  close(): void
}

export const openBrowserChat = (options: BrowserChatOptions): BrowserChat => {
  const api = new Api(options.base, options.tenant)
  const storage = browserStorage(() => localStorage)
  const tokens = { storage, becomeVisitor: () => api.becomeVisitor(), alone, now: Date.now }
  const tabs = openTabs(options.tenant, () => chat.refreshList())
  const chat = new Chat(
    {
      api,
      storage,
      newId,
      now: Date.now,
      random: Math.random,
      anonymous: options.hostToken === null,
      token: options.hostToken === null ? visitorToken(tokens, options.tenant) : hostToken(options.hostToken),
      openSocket: (protocols, events) => openSocket(api.socketUrl, protocols, events),
      tellTabs: () => tabs.tell(),
      onChange: options.onChange,
    },
    { tenant: options.tenant, agent: options.agent },
  )
  const unlisten = onReturn(() => chat.wake())
  chat.start()
  return {
    chat,
    close: () => {
      unlisten()
      tabs.close()
      chat.close()
    },
  }
}

const openSocket = (url: string, protocols: string[], events: SocketEvents): Socket => {
  const socket = new WebSocket(url, protocols)
  socket.addEventListener('open', events.onOpen)
  socket.addEventListener('message', ({ data }) => events.onMessage(data))
  socket.addEventListener('close', ({ code }) => events.onClose(code))
  return socket
}

/** Runs one at a time over all tabs of the origin; web locks, too, exist on https and localhost only. */
const alone = <Result>(name: string, work: () => Promise<Result>): Promise<Result> =>
  'locks' in navigator ? (navigator.locks.request(name, work) as Promise<Result>) : work()

const onReturn = (act: () => void): (() => void) => {
  const stop = new AbortController()
  const { signal } = stop
  addEventListener('online', act, { signal })
  addEventListener('pageshow', act, { signal })
  document.addEventListener(
    'visibilitychange',
    () => (document.visibilityState === 'visible' ? act() : undefined),
    {
      signal,
    },
  )
  return () => stop.abort()
}
