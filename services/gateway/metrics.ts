// What the gateway counts. Labels are bounded: a tenant's name appears only while the tenant is known.
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** From the fastest hop to a time-out, in seconds. */
const buckets = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export type GatewayMetrics = ReturnType<typeof createMetrics>

/** Parts that can be asked at any time whether they are there. */
type Probes = Readonly<Record<string, () => boolean>>

export const createMetrics = (registry: Registry, probes: Probes) => ({
  ...countersOf(registry),
  ...measuresOf(registry),
  partUp: partUpOf(registry, probes),
})

/** Kafka is not asked, but known by whether it took the last turn. */
const partUpOf = (registry: Registry, probes: Probes) =>
  new Gauge({
    name: `${prefix}part_up`,
    help: '1 when a part that is needed is there, as far as is known.',
    labelNames: ['part'],
    registers: [registry],
    collect() {
      for (const [part, isUp] of Object.entries(probes)) this.set({ part }, isUp() ? 1 : 0)
    },
  })

const prefix = 'konstruct_gateway_'

const countersOf = (registry: Registry) => {
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Counter<Label>({
      name: `${prefix}${name}_total`,
      help,
      labelNames: [...labelNames],
      registers: [registry],
    })
  return {
    refusedUpgrades: counter('refused_upgrades', 'WebSockets that were not opened.', ['status']),
    closed: counter('closed', 'WebSockets that the gateway closed.', ['code']),
    frames: counter('frames', 'Frames that clients sent.', ['type']),
    messages: counter('messages', 'Sends, by what became of them.', ['tenant', 'outcome']),
    relayed: counter('events_relayed', 'Events that were heard and handed on to sockets.'),
    gaps: counter('gaps', 'Gaps in live streams, by how they were closed.', ['outcome']),
    slowReaders: counter('slow_readers', 'Sockets that did not read fast enough.', ['outcome']),
    visitors: counter('visitors', 'Visitor tokens that were issued.', ['tenant']),
  }
}

const measuresOf = (registry: Registry) => {
  const gauge = <Label extends string>(name: string, help: string, label: Label) =>
    new Gauge<Label>({ name: `${prefix}${name}`, help, labelNames: [label], registers: [registry] })
  const seconds = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Histogram<Label>({
      name: `${prefix}${name}_seconds`,
      help,
      labelNames: [...labelNames],
      buckets,
      registers: [registry],
    })
  return {
    connections: gauge('connections', 'Open WebSockets.', 'tenant'),
    acceptSeconds: seconds('accept', 'From a send to its acceptance, whole and hop by hop.', ['hop']),
    httpSeconds: seconds('http_request', 'Time to answer an HTTP request.', ['route', 'status']),
  }
}
