// What a chat needs of the world around it, and whose chat it is.
import type { Api } from './api.ts'
import type { ConnectionPorts } from './connection.ts'
import type { KeyValueStorage } from './outbox.ts'

export interface ChatPorts extends Pick<ConnectionPorts, 'token' | 'openSocket' | 'now' | 'random'> {
  readonly api: Pick<Api, 'agents' | 'conversations' | 'messages'>
  /** Readers are visitors whom nobody knows, and not people who sign in. */
  readonly anonymous: boolean
  readonly storage: KeyValueStorage
  readonly newId: () => string
  /** The list of conversations has changed; other tabs want to know. */
  readonly tellTabs: () => void
  readonly onChange: () => void
}

export interface ChatPlace {
  readonly tenant: string
  /** The agent that the page was made for; empty for the tenant's first. */
  readonly agent: string
}
