// The loads that are measured, and what each round of one gives: Konstruct's samples, the model's own for the very same
// load, and what each hop took meanwhile.
import { setTimeout as sleep } from 'node:timers/promises'
import { benchAgent, benchTenant } from './bench-tenant.ts'
import { type HopTotals, hopMeans, readHops } from './hops.ts'
import type { Line } from './line.ts'
import { askAtOnce, askOneByOne, askOnSchedule } from './loads.ts'
import { openChat } from './open-chat.ts'
import { openModelCall } from './open-model-call.ts'
import type { Subject } from './start-subject.ts'
import { median } from './statistics.ts'

export interface Scenario {
  readonly name: string
  readonly about: string
  readonly chats: readonly Line[]
  readonly models: readonly Line[]
  readonly load: (lines: readonly Line[]) => Promise<readonly number[]>
}

export interface Round {
  /** Milliseconds from a send to its first delta at the client. */
  readonly whole: readonly number[]
  /** Milliseconds of the model itself to its first word. */
  readonly model: readonly number[]
  /** Milliseconds by hop. */
  readonly hops: ReadonlyMap<string, number>
}

const many = 50

const openMany = <Opened>(count: number, open: () => Promise<Opened> | Opened): Promise<Opened[]> =>
  Promise.all(Array.from({ length: count }, open))

/** A socket may follow 200 conversations, and one that opens a new one each time follows them all. */
const newcomers = 4

export const openScenarios = async ({ gatewayUrl, modelUrl }: Subject): Promise<readonly Scenario[]> => {
  const options = { gateway: gatewayUrl, tenant: benchTenant, agent: benchAgent }
  const models = await openMany(many, () => openModelCall(modelUrl))
  const chats = await openMany(many, () => openChat(options))
  return [
    {
      name: '1 conversation',
      about: 'one message after the other',
      chats: [await openChat(options)],
      models,
      load: (lines) => askOneByOne(lines.slice(0, 1), 100),
    },
    {
      name: '1 conversation, each new',
      about: 'one message after the other, each opens its own conversation',
      chats: await openMany(newcomers, () => openChat({ ...options, anew: true })),
      models,
      load: (lines) => askOneByOne(lines.slice(0, newcomers), 30),
    },
    {
      name: '50 conversations',
      about: 'open schedule, each a message a second, 50 a second together',
      chats,
      models,
      load: (lines) => askOnSchedule(lines, { everyMs: 1_000, times: 3 }),
    },
    {
      name: '50 at the same instant',
      about: 'all 50 send at once, then wait for all ends',
      chats,
      models,
      load: (lines) => askAtOnce(lines, 3),
    },
  ]
}

/** What the services note last, such as the end of a flush, is there by then; in milliseconds. */
const settleMs = 50

export const runRound = async (subject: Subject, scenario: Scenario): Promise<Round> => {
  const model = await scenario.load(scenario.models)
  const before: HopTotals = readHops(await subject.readMetrics())
  const whole = await scenario.load(scenario.chats)
  await sleep(settleMs)
  const means = hopMeans(before, readHops(await subject.readMetrics()))
  return { whole, model, hops: withRest(means, whole, model) }
}

/** The model's hop without the model itself, and what no hop accounts for: the sockets, the relay, the event loops. */
const withRest = (
  means: ReadonlyMap<string, number>,
  whole: readonly number[],
  model: readonly number[],
): ReadonlyMap<string, number> => {
  const total = whole.reduce((sum, each) => sum + each, 0) / whole.length
  const counted = [...means.values()].reduce((sum, each) => sum + each, 0)
  const modelHop = (means.get('model') ?? 0) - median(model)
  return new Map([...means, ['model', modelHop], ['rest', total - counted], ['all', total - median(model)]])
}
