// npm run bench: how much time Konstruct adds to the first word of an answer, and where it goes. Every part is real and a
// process of its own; only the model is not, it answers at once.
import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { KonstructError } from '../../services/shared/runtime/errors.ts'
import { holdLock } from '../parts/hold-lock.mjs'
import type { Report } from '../parts/part.ts'
import { measureFloor, openFloors } from './floors.ts'
import { type Figures, printFigures, rawFigures } from './print-figures.ts'
import { type BenchArguments, readArguments } from './read-arguments.ts'
import { openScenarios, type Round, runRound } from './scenarios.ts'
import { type Running, startSubject } from './start-subject.ts'

const since = performance.now()
const report: Report = (line) => {
  process.stderr.write(`${((performance.now() - since) / 1_000).toFixed(1).padStart(6)} s  ${line}\n`)
}

/** All of it, from start to end, in milliseconds. */
const longestMs = 180_000
/** On a busy machine, no further round begins after this, in milliseconds. */
const lastRoundMs = 130_000
/** Until all the virtual machines involved have compiled what is hot. */
const warmUpRounds = 2
const floorSamples = 50

const running: Running = []

const describeMachine = (): string => {
  const [model] = cpus()
  const load = loadavg().map((value) => value.toFixed(2))
  return `${availableParallelism()} cores (${model?.model ?? 'unknown'}), Node ${process.versions.node}, load average ${load.join(' ')}`
}

const openAll = async () => {
  const subject = await startSubject(running, report)
  const { kafkaBrokers, redisUrl, databases } = subject.stores
  const floors = await openFloors({ kafkaBrokers, redisUrl, databaseUrl: databases.owner.reveal() })
  running.unshift({ stop: async () => void (await Promise.all(floors.map((floor) => floor.close()))) })
  return { subject, floors, scenarios: await openScenarios(subject) }
}

type Opened = Awaited<ReturnType<typeof openAll>>

/** Everything once, one after the other, so that what else the machine does meets all alike. */
const measureOnce = async ({ subject, floors, scenarios }: Opened) => {
  const rounds: Round[] = []
  for (const scenario of scenarios) rounds.push(await runRound(subject, scenario))
  const alone: (readonly number[])[] = []
  for (const floor of floors) alone.push(await measureFloor(floor, floorSamples))
  return { rounds, alone }
}

const measure = async ({ rounds }: BenchArguments): Promise<Figures> => {
  const opened = await openAll()
  report('Warming up.')
  for (let n = 0; n < warmUpRounds; n += 1) await measureOnce(opened)
  await opened.subject.analyze()
  const all: Awaited<ReturnType<typeof measureOnce>>[] = []
  for (let n = 1; n <= rounds && (n === 1 || performance.now() - since < lastRoundMs); n += 1) {
    report(`Round ${n} of ${rounds}, load average ${loadavg()[0]?.toFixed(2)}.`)
    all.push(await measureOnce(opened))
  }
  const { scenarios, floors } = opened
  for (const { chats, models } of scenarios) for (const line of [...chats, ...models]) line.close()
  return {
    scenarios: scenarios.map((scenario, n) => ({
      scenario,
      rounds: all.flatMap((one) => one.rounds[n] ?? []),
    })),
    floors: new Map(floors.map(({ name }, n) => [name, all.flatMap((one) => [one.alone[n] ?? []])])),
  }
}

const run = async (args: BenchArguments): Promise<void> => {
  const machine = describeMachine()
  report(machine)
  if ((loadavg()[0] ?? 0) > availableParallelism() / 2)
    report('The machine is busy with other work, which the figures will show too.')
  const figures = await measure(args)
  process.stdout.write(`\n${machine} before the start\n\n${printFigures(figures)}\n\n`)
  if (args.json === undefined) return
  writeFileSync(args.json, `${JSON.stringify({ machine, ...rawFigures(figures) })}\n`)
  report(`Every sample is in ${args.json}.`)
}

/** Rejects when a signal asks for the end, or when it takes too long. */
const brokenOff = (): Promise<never> =>
  new Promise((_, reject) => {
    const breakOff = (why: string): void => reject(new KonstructError('INTERNAL', { message: why }))
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => breakOff(`Stopped by ${signal}.`))
    setTimeout(() => breakOff(`It took longer than ${longestMs / 1_000} s.`), longestMs)
  })

const stopAll = async (): Promise<void> => {
  for (const part of running.splice(0)) await part.stop()
}

const refuseSecond = (): never => {
  throw new KonstructError('PART_UNAVAILABLE', {
    message: 'Another bench runs on this machine: two would measure each other.',
  })
}

try {
  const args = readArguments(process.argv.slice(2))
  const whole = async (): Promise<void> => {
    try {
      await Promise.race([run(args), brokenOff()])
    } finally {
      await stopAll()
      report('Everything that the bench started has ended.')
    }
  }
  await holdLock('konstruct bench', whole, refuseSecond)
} catch (thrown) {
  const message = thrown instanceof KonstructError ? thrown.message : String((thrown as Error).stack)
  process.stderr.write(`\n${message}\n`)
  process.exitCode = 1
}
process.exit()
