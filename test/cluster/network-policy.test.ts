// NetworkPolicies are enforced on the cluster's node: npm run test:cluster. What is not let through is dropped, so a
// connection that a policy stops is one that is not there after a second.
import assert from 'node:assert/strict'
import { nodeAddress } from '../../dev/cluster/addresses.ts'
import { imageName } from '../../dev/cluster/build-image.ts'
import { applyObject } from '../../dev/cluster/kubectl.ts'
import { waitUntil } from '../support/wait-until.ts'
import { type BorrowedCluster, borrowCluster, canHaveCluster } from './borrowed-cluster.ts'
import { runCluster } from './cluster-command.ts'

const namespace = 'policy-proof'

/** Whoever asks only whether it is open may be gone before the answer. */
const listen = `require('node:net').createServer((s) => s.on('error', () => {}).end('hello')).listen(8080)`

const podOf = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels: { app: name } },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        name,
        image: imageName(),
        command: ['node', '-e', listen],
        ports: [{ name: 'hello', containerPort: 8080 }],
        readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
        resources: { requests: { cpu: '10m', memory: '16Mi' } },
      },
    ],
  },
})

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'server', namespace },
  spec: { selector: { app: 'server' }, ports: [{ port: 80, targetPort: 8080 }] },
}

const policyOf = (name: string, app: string, spec: object) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace },
  spec: { podSelector: { matchLabels: { app } }, ...spec },
})

const connect = (host: string, port: number): string => `
  const s = require('node:net').connect(${port}, '${host}')
  const say = (what) => { console.log(what); process.exit() }
  s.on('connect', () => say('open')).on('error', () => say('shut')); setTimeout(() => say('shut'), 1_000)`

describe('NetworkPolicies on a cluster of one’s own', function () {
  this.timeout(600_000)
  let cluster: BorrowedCluster | undefined

  const borrowed = (): BorrowedCluster => {
    assert.ok(cluster)
    return cluster
  }
  const kubectl = (...args: string[]): Promise<string> => borrowed().kubectl.run('-n', namespace, ...args)
  const apply = (...items: object[]): Promise<void> =>
    applyObject(borrowed().kubectl, borrowed().folder.path, { apiVersion: 'v1', kind: 'List', items })
  const connects = async (from: string, host: string, port: number): Promise<string> =>
    (await kubectl('exec', from, '--', 'node', '-e', connect(host, port))).trim()
  const isOnce = (what: string, from: string, [host, port]: readonly [string, number]): Promise<unknown> =>
    waitUntil({ until: `${host}:${port} is ${what} to ${from}`, deadlineMs: 15_000 }, async () => {
      const seen = await connects(from, host, port)
      return seen === what
    })
  const byName = ['server', 80] as const

  before(async function () {
    if (!canHaveCluster()) this.skip()
    cluster = await borrowCluster()
    const { code, output } = await runCluster('load')
    assert.equal(code, 0, output)
    await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
    await apply(...['server', 'client', 'stranger'].map(podOf), service)
    await kubectl('wait', '--for=condition=Ready', 'pod', '--all', '--timeout=60s')
  })

  afterEach(async () => {
    await kubectl('delete', 'networkpolicy', '--all')
  })

  after(async () => {
    if (cluster === undefined) return
    await kubectl('delete', 'namespace', namespace)
    await cluster.giveBack()
  })

  it('let everything through when there is none', async () => {
    for (const from of ['client', 'stranger']) await isOnce('open', from, byName)
  })

  it('stop what comes in, but for whom they name, by the Service and by the pod’s address', async () => {
    const address = await kubectl('get', 'pod', 'server', '-o', 'jsonpath={.status.podIP}')
    await apply(policyOf('closed', 'server', { policyTypes: ['Ingress'] }))
    for (const from of ['client', 'stranger']) await isOnce('shut', from, byName)
    assert.equal(await connects('client', address, 8080), 'shut')
    const from = [{ podSelector: { matchLabels: { app: 'client' } } }]
    const ingress = [{ from, ports: [{ port: 'hello' }] }]
    await apply(policyOf('for-client', 'server', { policyTypes: ['Ingress'], ingress }))
    await isOnce('open', 'client', byName)
    assert.equal(await connects('client', address, 8080), 'open')
    assert.equal(await connects('stranger', 'server', 80), 'shut')
    assert.equal(await connects('stranger', address, 8080), 'shut')
    // The kubelet is not kept out.
    await kubectl('wait', '--for=condition=Ready', 'pod/server', '--timeout=1s')
  })

  it('stop what goes out, but to where they name, the API server included', async () => {
    const api = [nodeAddress, 6443] as const
    const address = await kubectl('get', 'pod', 'server', '-o', 'jsonpath={.status.podIP}')
    await isOnce('open', 'client', api)
    await apply(policyOf('closed', 'client', { policyTypes: ['Egress'] }))
    await isOnce('shut', 'client', api)
    assert.equal(await connects('client', address, 8080), 'shut')
    assert.equal(await connects('stranger', 'server', 80), 'open')
    const names = { to: [{ namespaceSelector: {} }], ports: [{ port: 53, protocol: 'UDP' }] }
    const server = { to: [{ podSelector: { matchLabels: { app: 'server' } } }], ports: [{ port: 8080 }] }
    await apply(policyOf('to-server', 'client', { policyTypes: ['Egress'], egress: [names, server] }))
    await isOnce('open', 'client', byName)
    assert.equal(await connects('client', ...api), 'shut')
  })
})
