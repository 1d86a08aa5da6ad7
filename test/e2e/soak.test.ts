// People talk while processes and stores are killed, paused and flushed at random; then everything heals, and what was
// said, shown and stored must fit together. KONSTRUCT_SOAK_SECONDS makes it longer, KONSTRUCT_SOAK_SEED repeats the
// choice of faults (not their timing to the millisecond: the processes are real).
import assert from 'node:assert/strict'
import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import type { KafkaPart } from '../../dev/parts/kafka.ts'
import { ownKafka } from '../support/parts.ts'
import { waitUntil } from '../support/wait-until.ts'
import { checkHistory } from './check-history.ts'
import type { ChildService } from './child-service.ts'
import type { Person } from './person.ts'
import { Platform, type TalkingTenant } from './platform.ts'
import { measured } from './told.ts'

const seconds = Number(process.env['KONSTRUCT_SOAK_SECONDS'] ?? 25)
const seed = Number(process.env['KONSTRUCT_SOAK_SEED'] ?? randomInt(1_000_000))
const healMs = 60_000
/** Short, so that turns are often handed over. */
const leaseMs = 2_500

/** mulberry32: numbers from 0 to 1 that depend on nothing but the seed. */
const randomFrom = (start: number): (() => number) => {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

interface Thread extends TalkingTenant {
  readonly person: Person
  readonly conversation: string
}

describe('Faults at random', function () {
  this.timeout((seconds + 120) * 1_000)
  const random = randomFrom(seed)
  const pick = <Value>(values: readonly Value[]): Value =>
    values[Math.floor(random() * values.length)] as Value
  let kafka: KafkaPart
  let platform: Platform
  let threads: readonly Thread[]

  before(async function () {
    this.timeout(180_000)
    kafka = await ownKafka()
    platform = await Platform.start({
      gateways: 2,
      orchestrators: 2,
      brokers: kafka.brokers,
      settings: { KONSTRUCT_LEASE_MS: String(leaseMs) },
    })
    const tenants = await Promise.all([platform.tenant(), platform.tenant()])
    for (const { model } of tenants) model.pace = { words: 30, everyMs: 10 }
    const all = tenants.flatMap((tenant) => [0, 1].map((gateway) => ({ tenant, gateway })))
    const people = await Promise.all(
      all.map(async ({ tenant, gateway }) => ({
        ...tenant,
        person: await platform.person(tenant.tenant, gateway),
      })),
    )
    threads = people.flatMap((one) => [1, 2].map(() => ({ ...one, conversation: randomUUID() })))
  })
  after(async () => {
    await platform.end()
    await kafka.stop()
  })

  /** Says one thing after the other; every other time it does not wait for the answer. */
  const talk = async ({ person, conversation }: Thread, until: AbortSignal): Promise<void> => {
    for (let n = 0; !until.aborted; n += 1) {
      const said = person.say(`${conversation} ${n}`, conversation)
      await person.accepted(said)
      if (n % 2 === 1) await person.answered(said)
    }
  }

  const pauseFor = async ({ pid = Number.NaN }: ChildService | KafkaPart, ms: number): Promise<void> => {
    process.kill(pid, 'SIGSTOP')
    await sleep(ms)
    process.kill(pid, 'SIGCONT')
  }

  const cutDatabaseConnections = async (): Promise<void> => {
    const client = new Client({ connectionString: platform.store.adminUrl.reveal() })
    await client.connect()
    await client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    )
    await client.end()
  }

  const faults: Readonly<Record<string, () => Promise<void>>> = {
    'an orchestrator is killed': async () => {
      await platform.kill(pick(platform.orchestrators))
      await platform.restore({ orchestrators: 2 })
    },
    'an orchestrator ends in order': async () => {
      await platform.stop(pick(platform.orchestrators))
      await platform.restore({ orchestrators: 2 })
    },
    'an orchestrator sleeps beyond its leases': () => pauseFor(pick(platform.orchestrators), leaseMs + 500),
    'a gateway is killed': async () => {
      await platform.kill(pick(platform.gateways))
      await platform.restore({ gateways: 2 })
    },
    'a gateway ends in order': async () => {
      await platform.stop(pick(platform.gateways))
      await platform.restore({ gateways: 2 })
    },
    'a gateway sleeps': () => pauseFor(pick(platform.gateways), 1_000),
    'Kafka sleeps': () => pauseFor(kafka, 2_000),
    'Redis forgets all': () => platform.flushRedis(),
    'Redis is killed': () => platform.restartRedis(),
    'PostgreSQL cuts all connections': cutDatabaseConnections,
    'a person moves': async () => pick(threads).person.move(),
  }

  /** One fault at a time, until the time is up; gives how often each was. */
  const disturb = async (until: AbortSignal): Promise<ReadonlyMap<string, number>> => {
    const counts = new Map<string, number>()
    while (!until.aborted) {
      const name = pick(Object.keys(faults))
      await faults[name]?.()
      counts.set(name, (counts.get(name) ?? 0) + 1)
      await sleep(200 + random() * 800, undefined, { signal: until }).catch(() => {})
    }
    return counts
  }

  const openTurns = async (): Promise<number> => {
    const [row] = await platform.store.app.acrossTenants((tx) =>
      tx.query<{ count: number }>('select count(*)::int as count from konstruct.open_turns'),
    )
    return row?.count ?? Number.NaN
  }

  it(`I1 I2 I3 I5 I10: leave no trace in what people see and what is stored, seed ${seed}`, async () => {
    const until = AbortSignal.timeout(seconds * 1_000)
    const talking = threads.map((thread) => talk(thread, until))
    const counts = await disturb(until)
    const healedAt = performance.now()
    await Promise.all(talking)
    for (const { person } of threads) for (const said of person.said) await person.answered(said)
    measured('all healed: until everything is answered', performance.now() - healedAt)
    const violations: string[] = []
    for (const thread of threads) violations.push(...(await check(thread)))
    const messages = threads.reduce((sum, { person }) => sum + person.said.length / 2, 0)
    process.stdout.write(
      `      ${messages} messages; ${[...counts].map((one) => one.join(': ')).join(', ')}\n`,
    )
    assert.deepEqual(violations, [])
    await waitUntil({ until: 'no turn is open', deadlineMs: healMs }, async () => (await openTurns()) === 0)
  })

  const check = async ({ person, conversation, model }: Thread): Promise<readonly string[]> => {
    const view = person.view(conversation)
    return checkHistory({
      said: person.said
        .filter(({ frame }) => frame.conversation === conversation)
        .map(({ frame, accepted }) => ({ text: frame.text, accepted })),
      screen: [...view.messages.values()],
      faults: [...view.faults, ...[...view.live.keys()].map((turn) => `turn ${turn} is still being written`)],
      stored: await person.history(conversation),
      answers: (text) => model.callsFor(text).map(({ answer }) => answer),
    })
  }
})
