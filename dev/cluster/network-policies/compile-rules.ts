// NetworkPolicies as rules of iptables. Pure: objects in, the text for `iptables-restore` out.
//
// Every connection that is begun passes one chain, in which each isolated pod has a chain per direction: what that one
// allows returns, all else is dropped, and so both ends have to allow it. It is in the table `mangle`, because there a
// Service's address is already a pod's, and nothing of kube-proxy's lets a packet pass before it.
// Connections that are there stay when a policy comes; a pod is held to its policies from when its address is known.
import type { Direction, NetworkPolicy, Peer, Pod, Port, Rule, Selector, World, Labels } from './objects.ts'
import { subtractRanges } from './subtract-ranges.ts'

export const policyChain = 'KONSTRUCT-POLICY'

/** An address or range; with the pod when it is one's. */
interface End {
  readonly address: string
  readonly pod?: Pod
}

const anywhere: readonly End[] = [{ address: '0.0.0.0/0' }]

type Expression = NonNullable<Selector['matchExpressions']>[number]

const holding: Readonly<
  Record<Expression['operator'], (value: string | undefined, values: readonly string[]) => boolean>
> = {
  Exists: (value) => value !== undefined,
  DoesNotExist: (value) => value === undefined,
  In: (value, values) => value !== undefined && values.includes(value),
  NotIn: (value, values) => value === undefined || !values.includes(value),
}

const meets = (labels: Labels, { matchLabels = {}, matchExpressions = [] }: Selector): boolean =>
  Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
  matchExpressions.every(({ key, operator, values = [] }) => holding[operator](labels[key], values))

/** Pods that have an address of their own. */
const placed = (pods: readonly Pod[]): readonly Pod[] =>
  pods.filter(
    ({ spec, status }) =>
      spec.hostNetwork !== true &&
      status?.podIP !== undefined &&
      status.phase !== 'Succeeded' &&
      status.phase !== 'Failed',
  )

const addressOf = (pod: Pod): string => pod.status?.podIP ?? ''

const selectedPods = (
  world: World,
  { podSelector = {}, namespaceSelector }: Peer,
  own: string,
): readonly Pod[] => {
  const namespaces =
    namespaceSelector === undefined
      ? [own]
      : world.namespaces
          .filter(({ metadata }) => meets(metadata.labels ?? {}, namespaceSelector))
          .map(({ metadata }) => metadata.name)
  return placed(world.pods).filter(
    ({ metadata }) => namespaces.includes(metadata.namespace) && meets(metadata.labels ?? {}, podSelector),
  )
}

const endsOf = (world: World, peer: Peer, own: string): readonly End[] => {
  if (peer.ipBlock === undefined)
    return selectedPods(world, peer, own).map((pod) => ({ address: addressOf(pod), pod }))
  const { cidr, except = [] } = peer.ipBlock
  return cidr.includes(':') ? [] : subtractRanges(cidr, except).map((address) => ({ address }))
}

const portNumbers = (pod: Pod | undefined, name: string, protocol: string): readonly string[] =>
  (pod?.spec.containers ?? [])
    .flatMap(({ ports = [] }) => ports)
    .filter((port) => port.name === name && (port.protocol ?? 'TCP') === protocol)
    .map(({ containerPort }) => String(containerPort))

/** What iptables asks of the port, one text per way to meet it; a name means the number that the target gave it. */
const portMatches = (ports: readonly Port[], target: Pod | undefined): readonly string[] => {
  if (ports.length === 0) return ['']
  return ports.flatMap(({ protocol = 'TCP', port, endPort }) => {
    const kind = `-p ${protocol.toLowerCase()}`
    if (port === undefined) return [kind]
    const numbers =
      typeof port === 'string'
        ? portNumbers(target, port, protocol)
        : [endPort === undefined ? String(port) : `${port}:${endPort}`]
    return numbers.map((number) => `${kind} --dport ${number}`)
  })
}

interface Isolated {
  readonly pod: Pod
  readonly direction: Direction
  readonly policies: readonly NetworkPolicy[]
}

const isolatedPods = ({ pods, policies }: World, direction: Direction): readonly Isolated[] =>
  placed(pods).flatMap((pod) => {
    const applying = policies.filter(
      ({ metadata, spec }) =>
        metadata.namespace === pod.metadata.namespace &&
        (spec.policyTypes ?? ['Ingress']).includes(direction) &&
        meets(pod.metadata.labels ?? {}, spec.podSelector ?? {}),
    )
    return applying.length === 0 ? [] : [{ pod, direction, policies: applying }]
  })

const allowing = (world: World, { pod, direction }: Isolated, rule: Rule): readonly string[] => {
  const isIngress = direction === 'Ingress'
  const peers = (isIngress ? rule.from : rule.to) ?? []
  const ends =
    peers.length === 0 ? anywhere : peers.flatMap((peer) => endsOf(world, peer, pod.metadata.namespace))
  return ends.flatMap((end) =>
    portMatches(rule.ports ?? [], isIngress ? pod : end.pod).map(
      (port) => `${isIngress ? '-s' : '-d'} ${end.address} ${port} -j RETURN`,
    ),
  )
}

const chainOf = (world: World, isolated: Isolated): readonly string[] => {
  const rules = isolated.policies.flatMap(({ spec }) =>
    isolated.direction === 'Ingress' ? (spec.ingress ?? []) : (spec.egress ?? []),
  )
  return [...new Set(rules.flatMap((rule) => allowing(world, isolated, rule))), '-j DROP']
}

/** The whole of it each time; chains that are named are emptied first. */
export const compileRules = (world: World): string => {
  const all = (['Egress', 'Ingress'] as const).flatMap((direction) => isolatedPods(world, direction))
  const chains = all.map((isolated, index) => ({ isolated, name: `KONSTRUCT-POD-${index}` }))
  return [
    '*mangle',
    `:${policyChain} - [0:0]`,
    ...chains.map(({ name }) => `:${name} - [0:0]`),
    `-A ${policyChain} -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN`,
    ...chains.map(
      ({ name, isolated: { pod, direction } }) =>
        `-A ${policyChain} ${direction === 'Ingress' ? '-d' : '-s'} ${addressOf(pod)} -j ${name}`,
    ),
    ...chains.flatMap(({ name, isolated }) => chainOf(world, isolated).map((rule) => `-A ${name} ${rule}`)),
    'COMMIT',
    '',
  ].join('\n')
}
