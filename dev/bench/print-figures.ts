// The figures as tables that a person reads; docs/benchmark.md takes rows of them.
import { hops } from './hops.ts'
import type { Round, Scenario } from './scenarios.ts'
import { addedTo, median, type Spread, summarize } from './statistics.ts'

export interface Figures {
  readonly scenarios: readonly { readonly scenario: Scenario; readonly rounds: readonly Round[] }[]
  /** By name: a list of samples per round. */
  readonly floors: ReadonlyMap<string, readonly (readonly number[])[]>
}

type Row = readonly string[]

const ms = (value: number): string => value.toFixed(value < 9.95 ? 2 : 1)
const spread = ({ merged, least, most }: Spread): string => `${ms(merged)} (${ms(least)}–${ms(most)})`

const table = (head: Row, rows: readonly Row[]): string => {
  const width = head.map((_, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? '').length)))
  const line = (row: Row): string =>
    `| ${width.map((size, column) => (row[column] ?? '').padEnd(size)).join(' | ')} |`
  return [line(head), line(width.map((size) => '-'.repeat(size))), ...rows.map(line)].join('\n')
}

const summaryRow = (name: string, rounds: readonly (readonly number[])[]): Row => {
  const { count, p50, p99 } = summarize(rounds)
  return [name, String(count), spread(p50), spread(p99)]
}

const addedTable = ({ scenarios }: Figures): string =>
  table(
    ['load', 'samples', 'p50 ms (rounds)', 'p99 ms (rounds)'],
    scenarios.flatMap(({ scenario, rounds }) => [
      summaryRow(
        `${scenario.name}: added`,
        rounds.map(({ model, whole }) => addedTo(model, whole)),
      ),
      summaryRow(
        `${scenario.name}: send → first delta`,
        rounds.map(({ whole }) => whole),
      ),
      summaryRow(
        `${scenario.name}: the model alone`,
        rounds.map(({ model }) => model),
      ),
    ]),
  )

const hopNames = [...hops.map(({ name }) => name), 'rest', 'all']

/** The median of the rounds' means. */
const hopOf = (rounds: readonly Round[], name: string): string => {
  const means = rounds.flatMap(({ hops: means }) => means.get(name) ?? [])
  return means.length === 0 ? '–' : ms(median(means))
}

const hopTable = ({ scenarios }: Figures): string =>
  table(
    ['hop, mean ms', ...scenarios.map(({ scenario }) => scenario.name)],
    hopNames.map((name) => [name, ...scenarios.map(({ rounds }) => hopOf(rounds, name))]),
  )

const floorTable = ({ floors }: Figures): string =>
  table(
    ['the stores alone', 'samples', 'p50 ms (rounds)', 'p99 ms (rounds)'],
    [...floors].map(([name, rounds]) => summaryRow(name, rounds)),
  )

export const printFigures = (figures: Figures): string =>
  [addedTable(figures), hopTable(figures), floorTable(figures)].join('\n\n')

/** The raw figures, for whoever wants to judge them otherwise. */
export const rawFigures = ({ scenarios, floors }: Figures): object => ({
  scenarios: scenarios.map(({ scenario: { name, about }, rounds }) => ({
    name,
    about,
    rounds: rounds.map(({ whole, model, hops: means }) => ({
      whole,
      model,
      hops: Object.fromEntries(means),
    })),
  })),
  floors: Object.fromEntries(floors),
})
