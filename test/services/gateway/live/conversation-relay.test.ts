import assert from 'node:assert/strict'
import { setImmediate as tick } from 'node:timers/promises'
import fc from 'fast-check'
import type { Wish } from '../../../../services/gateway/live/answer-join.ts'
import { ConversationRelay } from '../../../../services/gateway/live/conversation-relay.ts'
import type { Follower, Outlet } from '../../../../services/gateway/live/follower.ts'
import type { ServerFrame, StreamPosition } from '../../../../services/shared/domain/frames.ts'
import { silentLog, type Facts } from '../../../../services/shared/runtime/log.ts'
import { PaperStream } from './paper-stream.ts'

/** A client to the letter of the protocol: it holds the relay to sending every event, in order and without a hole. */
class StrictClient implements Outlet {
  congested = false
  readonly messages = new Set<string>()
  readonly violations: string[] = []
  position: StreamPosition | null = null
  readonly #stream: PaperStream

  constructor(stream: PaperStream) {
    this.#stream = stream
  }

  sendBytes(bytes: Buffer): void {
    const frame = JSON.parse(bytes.toString('utf8')) as ServerFrame
    if (frame.type === 'subscribed') this.#subscribed(frame)
    if (frame.type === 'event') this.#event(frame)
  }

  #subscribed(frame: Extract<ServerFrame, { type: 'subscribed' }>): void {
    if (frame.recovered) {
      if (this.position === null) this.violations.push('recovered, but it had nothing')
    } else {
      this.position = { epoch: frame.epoch, seq: frame.seq }
      this.messages.clear()
    }
    for (const { id } of frame.messages) this.messages.add(id)
  }

  #event({ epoch, seq, event }: Extract<ServerFrame, { type: 'event' }>): void {
    const { position } = this
    if (this.#stream.eventAt({ epoch, seq }) !== JSON.stringify(event))
      this.violations.push(`${epoch}/${seq} is another event`)
    // Whoever asks again may be sent again what came meanwhile.
    const step = position?.epoch === epoch ? seq - position.seq : Number.NaN
    if (step <= 0) return
    if (step !== 1) this.violations.push(`${epoch}/${seq} came after ${JSON.stringify(position)}`)
    this.position = { epoch, seq }
    if (event.kind === 'message') this.messages.add(event.message.id)
  }
}

const relayOf = (stream: PaperStream, checkEveryMs = 0, log = silentLog): ConversationRelay =>
  new ConversationRelay({
    tenant: 'acme',
    conversation: 'c1',
    readStream: (after, most) => stream.readStream(after, most),
    readBefore: (position) => stream.readBefore(position),
    dropStream: async () => stream.flush(),
    readMessages: () => stream.readMessages(),
    listen: (hear) => stream.listen(hear),
    onRelayed: () => {},
    onGap: () => {},
    checkEveryMs,
    log,
  })

const ticks = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await tick()
}

interface Participant {
  readonly client: StrictClient
  readonly follower: Follower
}

type Action =
  | 'say'
  | 'say much'
  | 'flush'
  | 'lose'
  | 'delay'
  | 'deliver late'
  | 'redis goes'
  | 'redis comes'
  | 'join'
  | 'ask again'
  | 'congest'
  | 'drain'
  | 'wait'

const action = fc.constantFrom<Action>(
  'say',
  'say',
  'say much',
  'flush',
  'lose',
  'lose',
  'delay',
  'deliver late',
  'redis goes',
  'redis comes',
  'join',
  'join',
  'ask again',
  'congest',
  'drain',
  'wait',
)

/** What went wrong once in ten thousand runs. */
const rare: readonly [Action, number][][] = [
  // Of two first joins the later one is answered first.
  [
    ['join', 0],
    ['say much', 1],
    ['join', 0],
  ],
  // It asks twice; the first answer replaces the stream that the second question names.
  [
    ['join', 2],
    ['say', 4],
    ['redis goes', 0],
    ['ask again', 2],
    ['ask again', 0],
  ],
]

/** Everything of one run: the stream, the relay, and who follows. */
class Play {
  readonly stream = new PaperStream()
  readonly relay = relayOf(this.stream)
  readonly participants: Participant[] = []
  readonly #saying: Promise<void>[] = []

  async act(name: Action, pause: number): Promise<void> {
    this.#perform(name)
    await ticks(pause)
  }

  /** All is well again. */
  async settle(): Promise<void> {
    this.stream.up = true
    this.stream.deliverLate()
    await Promise.all(this.#saying)
    for (const { client } of this.participants) client.congested = false
    this.relay.distrust()
    await ticks(20)
    this.relay.sweep()
    await ticks(30)
  }

  #perform(name: Action): void {
    const { stream, relay } = this
    const last = this.participants.at(-1)
    const actions: Record<Action, () => void> = {
      say: () => this.#saying.push(stream.say(2)),
      'say much': () => this.#saying.push(stream.say(400)),
      flush: () => stream.flush(),
      lose: () => stream.loseNext(),
      delay: () => stream.delay(),
      'deliver late': () => stream.deliverLate(),
      'redis goes': () => (stream.up = false),
      'redis comes': () => {
        stream.up = true
        relay.distrust()
      },
      join: () => this.#join({ kind: 'all' }),
      'ask again': () => this.#askAgain(last),
      congest: () => last !== undefined && (last.client.congested = true),
      drain: () => {
        for (const { client } of this.participants) client.congested = false
        relay.sweep()
      },
      wait: () => relay.sweep(),
    }
    actions[name]()
  }

  #join(wish: Wish): void {
    const client = new StrictClient(this.stream)
    const follower = this.relay.follow(client)
    this.participants.push({ client, follower })
    void this.relay.join(follower, wish)
  }

  #askAgain(participant: Participant | undefined): void {
    if (participant?.client.position === null || participant === undefined) return
    void this.relay.join(participant.follower, { kind: 'after', position: participant.client.position })
  }
}

describe('A relay', () => {
  it('shows every follower every message, in order and without a hole, whatever befalls the stream', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(action, fc.nat(6)), { maxLength: 25 }), async (actions) => {
        const play = new Play()
        for (const [name, pause] of actions) await play.act(name, pause)
        await play.settle()
        const stored = play.stream.messages.map(({ id }) => id).toSorted()
        for (const { client } of play.participants) {
          assert.deepEqual(client.violations, [])
          assert.deepEqual([...client.messages].toSorted(), stored)
          assert.deepEqual(client.position, play.stream.top)
        }
        play.relay.close()
      }),
      { numRuns: 500, examples: rare.map((actions) => [actions]) },
    )
  }).timeout(60_000)

  it('begins the stream anew when Redis comes back older, so that no number is given twice', async () => {
    const stream = new PaperStream()
    const relay = relayOf(stream)
    const client = new StrictClient(stream)
    await relay.join(relay.follow(client), { kind: 'all' })
    await stream.say(4)
    await ticks(30)
    const before = client.position
    assert.deepEqual(before, stream.top)
    stream.rewind(3)
    relay.distrust()
    await ticks(30)
    await stream.say(2)
    await ticks(30)
    assert.deepEqual([...client.messages], ['message-1', 'message-2'])
    assert.deepEqual(client.violations, [])
    assert.notEqual(client.position?.epoch, before?.epoch)
    assert.deepEqual(client.position, stream.top)
    relay.close()
  })

  it('says of which conversation it cannot show something', async () => {
    const stream = new PaperStream()
    await stream.say(1)
    const said: (readonly [string, Facts | undefined])[] = []
    const note = (message: string, facts?: Facts): number => said.push([message, facts])
    const relay = relayOf(stream, 0, { ...silentLog, warn: note, error: note })
    const follower = relay.follow(new StrictClient(stream))
    await relay.join(follower, { kind: 'all' })
    stream.broken = true
    stream.flush()
    await stream.say(1)
    await ticks(20)
    stream.broken = false
    stream.lost = true
    relay.sweep()
    await ticks(20)
    assert.deepEqual(
      [...new Set(said.map(([message]) => message))],
      ['stream cannot be read', 'conversation cannot be shown again'],
    )
    for (const [, facts] of said) assert.deepEqual([facts?.tenant, facts?.conversation], ['acme', 'c1'])
    relay.close()
  })

  it('that was closed listens to nothing any more, also when it waited for messages then', async () => {
    const stream = new PaperStream()
    stream.up = false
    const relay = relayOf(stream)
    const follower = relay.follow(new StrictClient(stream))
    const joins = [relay.join(follower, { kind: 'all' }), relay.join(follower, { kind: 'all' })]
    // Redis was asked in vain; the first join reads the messages now, and the second waits for it.
    await ticks(2)
    relay.leave(follower)
    relay.close()
    stream.up = true
    await Promise.all(joins)
    await ticks(20)
    assert.equal(stream.listeners, 0)
  })
})
