// What history holds and what a client is shown: one entry of a conversation.

export const channelTypes = ['web', 'slack', 'whatsapp'] as const
export type ChannelType = (typeof channelTypes)[number]

export type MessageRole = 'user' | 'agent' | 'human' | 'system'
/** `complete`: as the author meant it. `stopped`: cut by the user. `failed`: cut by an error. */
export type MessageFinish = 'complete' | 'stopped' | 'failed'

/** As the protocol shows it. `author` is a user's or an agent's name; `turn` is null for what belongs to no turn. */
export interface Message {
  readonly id: string
  readonly role: MessageRole
  readonly author: string
  readonly text: string
  readonly turn: string | null
  /** RFC 3339, UTC. */
  readonly createdAt: string
  readonly finish: MessageFinish
}

export interface Owner {
  readonly kind: 'agent' | 'human'
  readonly name: string
}

/** As the protocol lists it. `updatedAt` is RFC 3339, UTC. */
export interface ConversationSummary {
  readonly id: string
  readonly agent: string
  readonly owner: Owner
  readonly title: string
  readonly updatedAt: string
}
