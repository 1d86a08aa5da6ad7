// What the gateway counts. Labels are bounded: a tenant's name appears only while the tenant is known.
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** From the fastest hop to a time-out, in seconds. */
const buckets = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export type GatewayMetrics = ReturnType<typeof createMetrics>

export const createMetrics = (registry: Registry) => {
  const metrics = { ...countersOf(registry), ...measuresOf(registry) }
  // An alert on what grew would miss the first of a series that was not there before.
  for (const status of ownRefusals) metrics.refusedUpgrades.inc({ status }, 0)
  return metrics
}

/** A new tenant's series begin at 0, so that its first message is seen to be one more. */
export const welcomeTenant = ({ messages }: GatewayMetrics, tenant: string): void =>
  messages.inc({ tenant, outcome: 'accepted' }, 0)

/** HTTP statuses with which the gateway refuses for reasons of its own: broken, full or closing. */
const ownRefusals = [500, 503]

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
  const gauge = <Label extends string = never>(name: string, help: string, labelNames: Label[] = []) =>
    new Gauge<Label>({ name: `${prefix}${name}`, help, labelNames, registers: [registry] })
  const seconds = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Histogram<Label>({
      name: `${prefix}${name}_seconds`,
      help,
      labelNames: [...labelNames],
      buckets,
      registers: [registry],
    })
  return {
    connections: gauge('connections', 'Open WebSockets of this process, all tenants together.'),
    connectionsLimit: gauge('connections_limit', 'WebSockets that this process opens at most.'),
    tenantConnections: gauge('tenant_connections', 'Open WebSockets of this process, by tenant.', ['tenant']),
    draining: gauge('draining', '1 while this process sends its clients elsewhere in order to end.'),
    acceptSeconds: seconds('accept', 'From a send to its acceptance, whole and hop by hop.', ['hop']),
    httpSeconds: seconds('http_request', 'Time to answer an HTTP request.', ['route', 'status']),
  }
}
