// Every Redis key and channel of Konstruct is built here and nowhere else, and every one starts with its tenant.
//
// A tenant is a DNS label, so it can hold neither the separator nor a glob. Whatever else goes into a key may come
// from outside (a Slack thread, a phone number, a client's id): it is encoded so that no two different inputs make
// the same key, and bounded, so that nobody outside decides how long a key is.
import { createHash } from 'node:crypto'
import type { ChannelType } from '../domain/message.ts'
import { isTenantId } from '../domain/tenant-id.ts'

declare const redisKey: unique symbol
/** A key that was built here; the doors of `services/shared/redis` take no plain string. */
export type RedisKey = string & { readonly [redisKey]: true }

/** The longest discriminator that stays readable, in characters; longer ones become their SHA-256. */
const longestReadable = 128

/** Plain ids stay as they are; `~` opens a hash, which an encoded text can never start with (`~` is escaped). */
const segment = (discriminator: string): string => {
  const encoded = encodeURIComponent(discriminator.toWellFormed()).replace(/[~*'()!]/g, escapeCharacter)
  const lossless = discriminator.isWellFormed() && encoded.length <= longestReadable
  return lossless ? encoded : `~${createHash('sha256').update(discriminator, 'utf16le').digest('base64url')}`
}

const escapeCharacter = (character: string): string =>
  `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`

const key = (tenant: string, ...segments: readonly string[]): RedisKey => {
  if (!isTenantId(tenant)) throw new TypeError('A Redis key needs a tenant id (a DNS label).')
  return [tenant, ...segments].join(':') as RedisKey
}

/** The token bucket of a whole tenant on one channel. */
export const rateLimitKey = (tenant: string, channel: ChannelType): RedisKey =>
  key(tenant, 'ratelimit', segment(channel))

/** Marks a message from outside as seen. */
export const idempotencyKey = (tenant: string, messageId: string): RedisKey =>
  key(tenant, 'dedup', segment(messageId))

/** What a conversation is doing right now. */
export const sessionKey = (tenant: string, threadId: string): RedisKey =>
  key(tenant, 'session', segment(threadId))

/** Marks a channel's thread as one that the agent takes part in. */
export const engagedThreadKey = (tenant: string, threadId: string): RedisKey =>
  key(tenant, 'engaged', segment(threadId))

/** The last messages between an agent and a user. */
export const memoryShortKey = (tenant: string, agent: string, user: string): RedisKey =>
  key(tenant, 'memory', 'short', segment(agent), segment(user))

/** Who owns an escalated conversation. */
export const escalationStatusKey = (tenant: string, threadId: string): RedisKey =>
  key(tenant, 'escalation', segment(threadId))

/** The one tool call that waits for a yes or no. */
export const pendingToolConfirmKey = (tenant: string, threadId: string): RedisKey =>
  key(tenant, 'tool_confirm', segment(threadId))

/** The live stream of a conversation, and the pub-sub channel of the same name. */
export const webchatResponseKey = (tenant: string, conversation: string): RedisKey =>
  key(tenant, 'webchat', 'response', segment(conversation))

/** The glob that matches every key of one tenant and none of another's; for purging. */
export const everyKeyOf = (tenant: string): RedisKey => key(tenant, '*')
