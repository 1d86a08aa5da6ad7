// The cost of each hop, as the services themselves measured it: what their histograms grew by while a load ran. Means,
// because only means add up to the whole.

interface Hop {
  readonly name: string
  readonly metric: string
  readonly label: string
}

const gateway = 'konstruct_gateway_accept_seconds'
const orchestrator = 'konstruct_orchestrator_hop_seconds'

/**
 * In the order of the way. Four things run beside it: the commit of the message and Kafka's acknowledgement, as the record is
 * taken meanwhile; showing the message to who follows; and what a socket does to follow a conversation that is new to it.
 */
export const hops: readonly Hop[] = [
  { name: 'admit', metric: gateway, label: 'admit' },
  { name: 'append', metric: gateway, label: 'written' },
  { name: 'kafka', metric: orchestrator, label: 'kafka' },
  { name: 'claim', metric: orchestrator, label: 'claim' },
  { name: 'context', metric: orchestrator, label: 'context' },
  { name: 'model', metric: orchestrator, label: 'model' },
  { name: 'flush', metric: orchestrator, label: 'flush' },
]

interface Total {
  readonly seconds: number
  readonly count: number
}

/** By the hop's name. */
export type HopTotals = ReadonlyMap<string, Total>

const valueOf = (text: string, series: string): number => {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `))
  return line === undefined ? 0 : Number(line.slice(series.length + 1))
}

/** From the texts of `/metrics`. A histogram that nothing was written to counts as empty. */
export const readHops = (texts: readonly string[]): HopTotals => {
  const text = texts.join('\n')
  return new Map(
    hops.map(({ name, metric, label }) => [
      name,
      {
        seconds: valueOf(text, `${metric}_sum{hop="${label}"}`),
        count: valueOf(text, `${metric}_count{hop="${label}"}`),
      },
    ]),
  )
}

/** Milliseconds that each hop took on average between two readings; hops that were not gone through are left out. */
export const hopMeans = (before: HopTotals, after: HopTotals): ReadonlyMap<string, number> => {
  const none = { seconds: 0, count: 0 }
  const means = [...after].flatMap(([name, { seconds, count }]) => {
    const start = before.get(name) ?? none
    const times = count - start.count
    return times === 0 ? [] : [[name, ((seconds - start.seconds) / times) * 1_000] as const]
  })
  return new Map(means)
}
