// The relays of all conversations that a socket of this process follows. A relay lives while someone follows it.
import { webchatResponseKey } from '../../shared/redis/keys.ts'
import type { ChannelSubscriber } from '../../shared/redis/channel-subscriber.ts'
import { readEvents, readEventsBefore } from '../../shared/redis/live-stream.ts'
import type { RedisConnection } from '../../shared/redis/redis-connection.ts'
import type { Log } from '../../shared/runtime/log.ts'
import type { Database } from '../../shared/store/database.ts'
import { readMessages } from '../../shared/store/history.ts'
import { ConversationRelay, type RelayPorts } from './conversation-relay.ts'
import type { Follower, Outlet } from './follower.ts'

/** A conversation and the user that it belongs to: nobody else is shown it. */
export interface ConversationRef {
  readonly tenant: string
  readonly user: string
  readonly conversation: string
}

/** One socket's place in one conversation. */
export interface Following {
  readonly key: string
  readonly relay: ConversationRelay
  readonly follower: Follower
}

export interface RelaysPorts extends Pick<RelayPorts, 'onRelayed' | 'onGap' | 'checkEveryMs' | 'log'> {
  readonly database: Database
  readonly redis: RedisConnection
  readonly subscriber: Pick<ChannelSubscriber, 'listen' | 'onReconnect'>
  readonly log: Log
}

/** Messages that a socket is shown when it joins; older ones are asked for over HTTP. */
const messagesShown = 50
const sweepEveryMs = 1_000

export class Relays {
  readonly #ports: RelaysPorts
  readonly #relays = new Map<string, ConversationRelay>()
  readonly #timer: NodeJS.Timeout

  constructor(ports: RelaysPorts) {
    this.#ports = ports
    ports.subscriber.onReconnect(() => this.#each((relay) => relay.distrust()))
    this.#timer = setInterval(() => this.#each((relay) => relay.sweep()), sweepEveryMs)
  }

  get size(): number {
    return this.#relays.size
  }

  /** A place in a conversation; nothing is sent before it joins. The caller has checked that the user may read it. */
  follow(ref: ConversationRef, outlet: Outlet): Following {
    const key = `${ref.tenant}/${ref.conversation}/${ref.user}`
    const relay = this.#relays.get(key) ?? this.#open(key, ref)
    return { key, relay, follower: relay.follow(outlet) }
  }

  unfollow({ key, relay, follower }: Following): void {
    relay.leave(follower)
    if (relay.isFollowed) return
    relay.close()
    if (this.#relays.get(key) === relay) this.#relays.delete(key)
  }

  /** Brings back those who had to wait for a slow reader. */
  resume(all: Iterable<Following>): void {
    for (const { relay } of all) relay.sweep()
  }

  close(): void {
    clearInterval(this.#timer)
    this.#each((relay) => relay.close())
    this.#relays.clear()
  }

  #open(key: string, { tenant, user, conversation }: ConversationRef): ConversationRelay {
    const { database, redis, subscriber } = this.#ports
    const streamKey = webchatResponseKey(tenant, conversation)
    const relay = new ConversationRelay({
      ...this.#ports,
      tenant,
      conversation,
      listen: (hear) => subscriber.listen(streamKey, hear),
      readStream: (after, most) => readEvents(redis, streamKey, after, most),
      dropStream: () => redis.remove([streamKey]),
      readBefore: (position) => readEventsBefore(redis, streamKey, position),
      readMessages: async () => {
        const page = await readMessages(database, { tenant, user }, conversation, { limit: messagesShown })
        return page.messages
      },
    })
    this.#relays.set(key, relay)
    return relay
  }

  #each(act: (relay: ConversationRelay) => void): void {
    for (const relay of this.#relays.values()) act(relay)
  }
}
