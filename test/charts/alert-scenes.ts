// A healthy platform as the series that Prometheus has of it, and for each alert what is different when it is to fire. In
// promtool's notation: `1x9` is ten samples of 1, `0+2x9` goes up by 2.

/** Values by series. */
export type Series = Readonly<Record<string, string>>

export interface AlertScene {
  readonly alert: string
  /** Replaces and adds series. */
  readonly sick: Series
  /** Of the alert that fires, beside its name and severity. */
  readonly labels: Readonly<Record<string, string>>
}

/** Samples of each series, one every 15 s. */
export const samples = 60

const of = (part: string, more = ''): string =>
  `{job="konstruct-${part}",namespace="chat",pod="${part}-1"${more}}`
const orchestrator = (name: string, more = ''): string =>
  `konstruct_orchestrator_${name}${of('orchestrator', more)}`
const operator = (name: string, more = ''): string => `konstruct_${name}${of('operator', more)}`
/** The second operator, which waits for the lead. */
const standby = (name: string, more = ''): string =>
  `${name}{job="konstruct-operator",namespace="chat",pod="operator-2"${more}}`
const store = (part: string, name: string): string => `konstruct_store_up${of(part, `,store="${name}"`)}`
const upOf = (part: string): string => `up${of(part)}`
const turns = (state: string): string => orchestrator('turns_total', `,tenant="acme",state="${state}"`)
const refused = `konstruct_gateway_refused_upgrades_total${of('gateway', ',status="503"')}`
const condition = (name: string): string =>
  operator('tenant_condition', `,tenant_namespace="acme",tenant="acme",condition="${name}"`)
const leader = `leader_election_master_status${of('operator', ',name="konstruct-operator"')}`

const constant = (value: number): string => `${value}x${samples}`
const growing = (by: number): string => `0+${by}x${samples}`
/** Prometheus was there before the first one. */
const once = `0x20 1x${samples - 20}`

export const healthy: Series = {
  ...Object.fromEntries(['operator', 'gateway', 'orchestrator'].map((part) => [upOf(part), constant(1)])),
  ...Object.fromEntries(
    ['operator', 'gateway', 'orchestrator'].flatMap((part) =>
      ['postgres', 'redis', 'kafka'].map((name) => [store(part, name), constant(1)]),
    ),
  ),
  [operator('oldest_waiting_turn_seconds')]: constant(2),
  [orchestrator('turns_running')]: constant(30),
  [orchestrator('turns_queued')]: constant(2),
  [orchestrator('turns_capacity')]: constant(64),
  [orchestrator('dead_letters_total')]: constant(0),
  [turns('answered')]: growing(20),
  [turns('failed')]: growing(1),
  [operator('topics_ready')]: constant(1),
  [standby('konstruct_topics_ready')]: constant(0),
  [operator('isolation_verified')]: constant(1),
  [operator('isolation_problems')]: constant(0),
  [operator('isolation_last_verified_timestamp_seconds')]: growing(15),
  [operator('drift_corrected_total', ',system="postgres"')]: constant(3),
  [condition('Ready')]: constant(1),
  [leader]: constant(1),
  [standby('leader_election_master_status', ',name="konstruct-operator"')]: constant(0),
  [refused]: constant(40),
}

const inChat = { namespace: 'chat' }

export const alertScenes: readonly AlertScene[] = [
  {
    alert: 'KonstructPartDown',
    sick: { [upOf('gateway')]: constant(0) },
    labels: { ...inChat, job: 'konstruct-gateway' },
  },
  {
    alert: 'KonstructStoreUnreachable',
    sick: { [store('gateway', 'redis')]: constant(0) },
    labels: { ...inChat, job: 'konstruct-gateway', store: 'redis' },
  },
  {
    alert: 'KonstructTurnsWaiting',
    sick: { [operator('oldest_waiting_turn_seconds')]: growing(15) },
    labels: inChat,
  },
  { alert: 'KonstructAtCapacity', sick: { [orchestrator('turns_queued')]: constant(40) }, labels: inChat },
  { alert: 'KonstructIsolationBroken', sick: { [operator('isolation_problems')]: constant(1) }, labels: inChat },
  {
    alert: 'KonstructIsolationDrifted',
    sick: { [operator('drift_corrected_total', ',system="postgres"')]: once },
    labels: inChat,
  },
  {
    alert: 'KonstructIsolationUnverified',
    sick: { [operator('isolation_last_verified_timestamp_seconds')]: constant(15) },
    labels: inChat,
  },
  {
    alert: 'KonstructTenantStalled',
    sick: { [condition('Stalled')]: constant(1) },
    labels: { ...inChat, tenant_namespace: 'acme', tenant: 'acme' },
  },
  { alert: 'KonstructNoLeader', sick: { [leader]: constant(0) }, labels: inChat },
  { alert: 'KonstructTopicsNotReady', sick: { [operator('topics_ready')]: constant(0) }, labels: inChat },
  {
    alert: 'KonstructRepliesFailing',
    sick: { [turns('failed')]: growing(10) },
    labels: { ...inChat, tenant: 'acme' },
  },
  {
    alert: 'KonstructGatewayRefusing',
    sick: { [refused]: growing(1) },
    labels: { ...inChat, pod: 'gateway-1' },
  },
  { alert: 'KonstructDeadLetters', sick: { [orchestrator('dead_letters_total')]: once }, labels: inChat },
]

const { [operator('isolation_last_verified_timestamp_seconds')]: _, ...restarted } = healthy

/** No look of an operator that was started again has ended, or one has found a way for a tenant to reach another. */
export const neverVerified = {
  unknown: { ...restarted, [operator('isolation_verified')]: constant(0) },
  broken: {
    ...restarted,
    [operator('isolation_verified')]: constant(0),
    [operator('isolation_problems')]: constant(1),
  },
}
