// What the pods of a release can do to their surroundings: what they reach, what reaches them, and what they may.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { hostAddress, nodeAddress } from '../../dev/cluster/addresses.ts'
import { imageName } from '../../dev/cluster/build-image.ts'
import type { Release } from './release.ts'
import { type Destinations, type Reached, tryToReach } from './try-to-reach.ts'

const namespace = 'konstruct'
const others = 'others'
const component = 'app.kubernetes.io/component'
const services = ['operator', 'gateway', 'orchestrator'] as const
/** Those that are there for a short time only: a pod with their labels stands for them. */
const passing = ['migrations', 'uninstall-guard', 'release-test'] as const

/** On the host: where key sets are, and where nobody has anything to do. */
const keySetsPort = 4011
const elsewherePort = 4012
const chatPort = 8080
const adminPort = 9090

const at = (address: string, port: number) => ({
  to: [{ ipBlock: { cidr: `${address}/32` } }],
  ports: [port],
})

/** What the table tells apart has to be in different places: further arguments for `helm install`. */
export const placesApart: readonly string[] = [
  `--set-json=networkPolicy.kubernetes=${JSON.stringify(at(nodeAddress, 6443))}`,
  `--set-json=networkPolicy.keySets=${JSON.stringify(at(hostAddress, keySetsPort))}`,
]

/** The README's table, by its first column and its head. */
const tableInReadme = (): Readonly<Record<string, Reached>> => {
  const [, section = ''] = readFileSync('charts/konstruct/README.md', 'utf8').split('## Who reaches what\n')
  const lines = section.slice(0, section.indexOf('\n## ')).split('\n')
  const [head = [], , ...rows] = lines
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
  const cells = (row: readonly string[]): Reached =>
    Object.fromEntries(
      row.slice(1).map((cell, column) => [head[column + 1] ?? '', cell === 'yes' ? 'yes' : 'no']),
    )
  return Object.fromEntries(rows.map((row) => [row[0] ?? '', cells(row)]))
}

const security = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  runAsUser: 1000,
  seccompProfile: { type: 'RuntimeDefault' },
  capabilities: { drop: ['ALL'] },
}

const aPod = (name: string, place: string, labels: Readonly<Record<string, string>>) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: place, labels },
  spec: {
    terminationGracePeriodSeconds: 0,
    automountServiceAccountToken: false,
    containers: [
      {
        name: 'main',
        image: imageName(),
        command: ['node', '-e', `require('node:http').createServer().listen(${chatPort})`],
        securityContext: security,
        readinessProbe: { tcpSocket: { port: chatPort }, periodSeconds: 1 },
      },
    ],
  },
})

const partsPod = (name: string, part: string) =>
  aPod(name, namespace, {
    'app.kubernetes.io/name': 'konstruct',
    'app.kubernetes.io/instance': 'konstruct',
    [component]: part,
  })

const standIns = [
  ...passing.map((part) => partsPod(`reach-${part}`, part)),
  partsPod('reach-model', 'release-test'),
  aPod('reach-stranger', others, {}),
]

interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string }
  readonly status: { readonly podIP: string }
}

/** What a process in a part's container may; run inside. */
const whatItMay = `
const fs = require('node:fs')
const write = (path) => { try { fs.writeFileSync(path, ''); return 'written' } catch ({ code }) { return code } }
const [, state] = /CapEff:\\s*(\\w+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))
console.log(JSON.stringify({
  isRoot: process.getuid() === 0 || process.getgid() === 0,
  capabilities: Number('0x' + state),
  hasToken: fs.existsSync('/var/run/secrets/kubernetes.io/serviceaccount/token'),
  writes: ['/file', '/app/file', '/tmp/file', '/home/file'].map(write),
}))`

const listen = async (port: number): Promise<Server> => {
  const server = createServer((socket) => socket.on('error', () => {}).end()).listen(port, hostAddress)
  await once(server, 'listening')
  return server
}

export const describeReach = (installed: () => Release): void => {
  describe('Its pods', function () {
    this.timeout(120_000)
    const servers: Server[] = []
    const destinations: Record<string, Destinations[string]> = {}
    /** By part, two pods each. */
    const pods = new Map<string, readonly Pod[]>()

    const kubectl = (...args: string[]): Promise<string> => installed().kubectl.run(...args)
    const podsOf = async (part: string): Promise<readonly Pod[]> => {
      const selector = `${component}=${part},app.kubernetes.io/instance=konstruct`
      const found = await kubectl('-n', namespace, 'get', 'pods', '-l', selector, '-o', 'json')
      const { items } = JSON.parse(found) as { readonly items: readonly Pod[] }
      return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    }
    const addressesOf = (part: string, port: number) => {
      const [, other] = pods.get(part) ?? []
      assert.ok(other, part)
      return [[other.status.podIP, port]] as const
    }

    before(async function () {
      this.timeout(180_000)
      const release = installed()
      servers.push(await listen(keySetsPort), await listen(elsewherePort))
      await kubectl('create', 'namespace', others)
      for (const pod of standIns) await release.apply(pod)
      for (const { metadata } of standIns) {
        const ready = ['--for=condition=Ready', `pod/${metadata.name}`, '--timeout=60s']
        await kubectl('-n', metadata.namespace, 'wait', ...ready)
      }
      for (const part of services) pods.set(part, await podsOf(part))
      const model = JSON.parse(
        await kubectl('-n', namespace, 'get', 'pod', 'reach-model', '-o', 'json'),
      ) as Pod
      const api = await kubectl('get', 'service', 'kubernetes', '-o', 'jsonpath={.spec.clusterIP}')
      const { stores } = release
      Object.assign(destinations, {
        names: [],
        PostgreSQL: [[hostAddress, stores.postgres.port]],
        Redis: [[hostAddress, stores.redis.port]],
        Kafka: [[hostAddress, stores.kafka.port]],
        models: [[hostAddress, Number(new URL(release.model.url).port)]],
        'key sets': [[hostAddress, keySetsPort]],
        'Kubernetes API': [[api, 443]],
        chat: addressesOf('gateway', chatPort),
        'admin ports': services.flatMap((part) => addressesOf(part, adminPort)),
        'model of `helm test`': [[model.status.podIP, chatPort]],
        elsewhere: [[hostAddress, elsewherePort]],
      })
    })
    after(async () => {
      for (const server of servers) server.close()
      const names = [...passing.map((part) => `reach-${part}`), 'reach-model']
      await kubectl('-n', namespace, 'delete', 'pod', '--ignore-not-found', '--now', ...names)
      await kubectl('delete', 'namespace', others, '--ignore-not-found', '--timeout=60s')
    })

    const reachedFrom = (place: string, pod: string): Promise<Reached> =>
      tryToReach(installed().kubectl, { namespace: place, pod }, destinations)

    const sources = (): readonly (readonly [part: string, pod: string])[] => [
      ...services.map((part) => [part, pods.get(part)?.[0]?.metadata.name ?? ''] as const),
      ...passing.map((part) => [part, `reach-${part}`] as const),
    ]

    it('reach what the chart’s table says, and nothing else', async () => {
      const expected = Object.fromEntries(
        Object.entries(tableInReadme()).map(([part, cells]) => [part, { ...cells, elsewhere: 'no' }]),
      )
      const found = await Promise.all(
        sources().map(async ([part, pod]) => [part, await reachedFrom(namespace, pod)] as const),
      )
      assert.deepEqual(Object.fromEntries(found), expected)
    })

    it('are reached by others’ pods at the chat port only, which reach all else that is not of the release', async () => {
      const {
        chat,
        'admin ports': admin,
        'model of `helm test`': model,
        ...outside
      } = await reachedFrom(others, 'reach-stranger')
      assert.deepEqual({ chat, admin, model }, { chat: 'yes', admin: 'no', model: 'no' })
      for (const [name, reached] of Object.entries(outside)) assert.equal(reached, 'yes', name)
    })

    it('are reached at their admin ports from where the values say', async () => {
      for (const [address, port] of destinations['admin ports'] ?? [])
        assert.equal((await fetch(`http://${address}:${port}/livez`)).status, 200)
    })

    it('are not root, may nothing that root may, write nothing, and but for the operator have no token', async () => {
      for (const part of services) {
        const name = pods.get(part)?.[0]?.metadata.name ?? ''
        const may = await kubectl('-n', namespace, 'exec', name, '--', 'node', '-e', whatItMay)
        assert.deepEqual(
          JSON.parse(may),
          {
            isRoot: false,
            capabilities: 0,
            hasToken: part === 'operator',
            writes: ['EROFS', 'EROFS', 'EROFS', 'EROFS'],
          },
          part,
        )
      }
    })
  })
}
