// A real cluster: npm run test:cluster. It needs root, and that no other cluster of ours is up on this machine.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Redis } from 'ioredis'
import { hostAddress, hostName, nodeName } from '../../dev/cluster/addresses.ts'
import { imageName } from '../../dev/cluster/build-image.ts'
import { openClusterFolder } from '../../dev/cluster/cluster-folder.ts'
import { applyObject, type Kubectl, openKubectl } from '../../dev/cluster/kubectl.ts'
import { isUp } from '../../dev/cluster/up.ts'
import { findKubernetes } from '../../dev/parts/find-kubernetes.ts'
import { ownRedis } from '../support/parts.ts'
import { type Ended, runCluster, startCluster } from './cluster-command.ts'
import { traces } from './traces.ts'

const folder = openClusterFolder()
const silent = (): void => {}

/** As strict as the Pod Security level `restricted` wants it. */
const restricted = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
}

const podOf = (name: string, script: string, limits: Readonly<Record<string, string>>) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app: name } },
  spec: {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: 'main',
        image: imageName(),
        command: ['node', '-e', script],
        // Left out, the requests are the limits, and a small machine has no place for them.
        resources: { limits, requests: { cpu: '10m', memory: '16Mi' } },
        securityContext: restricted,
      },
    ],
  },
})

const serviceOf = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] },
})

const limits = { memory: '128Mi', cpu: '500m' }
const server = `require('node:http').createServer((_, response) => response.end('hello')).listen(8080)`

/** What starts each part, with all that it loads on Kubernetes. */
const starts = [
  'services/gateway/main.ts',
  'services/orchestrator/main.ts',
  '--import ./operator/open-kubernetes.ts operator/main.ts',
  'migrations/main.ts',
]

/** Starts a part that is told nothing, so that it ends when all of it is loaded and its settings are read. */
const startScript = `since=$(date +%s%3N); node $0 >/dev/null; echo "status $?"
  echo "$(($(date +%s%3N) - since)) ms"; times`

/** The last line of `times` is what the shell's children used, as a user and in the kernel. */
const workOf = (answer: string): number => {
  const [minutes, seconds, kernelMinutes, kernelSeconds] = [
    ...(answer.trim().split('\n').at(-1) ?? '').matchAll(/[\d.]+/g),
  ].map(Number)
  return 60 * Number(minutes) + Number(seconds) + 60 * Number(kernelMinutes) + Number(kernelSeconds)
}

const tell = (text: string): void => {
  process.stdout.write(`${text.trimEnd()}\n`)
}

describe('A cluster of one’s own', function () {
  this.timeout(1_800_000)
  let clean: ReturnType<typeof traces> | undefined
  let up: Ended = { code: null, output: '' }
  let kubectl: Kubectl = { run: () => Promise.reject(new Error('not up')) }

  const apply = (object: object): Promise<void> => applyObject(kubectl, folder.path, object)
  const inPod = (name: string, script: string): Promise<string> =>
    kubectl.run('exec', name, '--', 'node', '-e', script)

  before(async function () {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) this.skip()
    assert.ok(!isUp(folder), 'A cluster is up already; end it first: npm run cluster -- down')
    await runCluster('down')
    clean = traces()
    up = await runCluster('up')
    tell(up.output)
    kubectl = openKubectl((await findKubernetes(silent)).kubectl, folder.kubeconfig, silent)
  })

  after(async () => {
    await runCluster('down')
  })

  it('comes up, tells each step with its time, and what to do next', async () => {
    assert.equal(up.code, 0)
    assert.match(up.output, /the node is Ready +\d+\.\d s/)
    assert.ok(up.output.includes(`export KUBECONFIG=${folder.kubeconfig}`))
    assert.match(await kubectl.run('get', 'node', nodeName), /\bReady\b.*v1\.35\./)
  })

  it('is left as it is by a second up, and told by status', async () => {
    const again = await runCluster('up')
    assert.match(again.output, /there already/)
    const { code, output } = await runCluster('status')
    assert.equal(code, 0)
    for (const name of ['etcd', 'kube-apiserver', 'containerd', 'kubelet', 'kube-proxy'])
      assert.match(output, new RegExp(`${name} +runs`))
    assert.match(output, /pod\/coredns-\S+ +1\/1 +Running/)
  })

  it('runs the project’s image in a pod that may do nothing else', async () => {
    const { code, output } = await runCluster('load')
    assert.equal(code, 0, output)
    tell(output)
    await kubectl.run('label', 'namespace', 'default', 'pod-security.kubernetes.io/enforce=restricted')
    await apply(podOf('version', 'console.log(process.version)', limits))
    await kubectl.run('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/version', '--timeout=60s')
    assert.match(await kubectl.run('logs', 'version'), /^v24\./)
  })

  it('finds a Service and the host by their names, and no name outside', async () => {
    await apply(podOf('server', server, limits))
    await apply(serviceOf('server'))
    await kubectl.run('wait', '--for=condition=Ready', 'pod/server', '--timeout=60s')
    // The pod is Ready a moment before the Service leads to it; a connection begun before that never gets there.
    const fetchIt = `const until = Date.now() + 10_000
      const ask = () => fetch('http://server.default.svc.cluster.local', { signal: AbortSignal.timeout(1_000) }).then((r) => r.text()).then(console.log)
        .catch((error) => { if (Date.now() > until) throw error; setTimeout(ask, 100) })
      ask()`
    assert.match(await inPod('server', fetchIt), /hello/)
    const lookUp = (name: string): Promise<string> =>
      inPod('server', `require('node:dns').lookup('${name}', (e, a) => console.log(e?.code ?? a))`)
    assert.match(await lookUp(hostName), new RegExp(hostAddress))
    assert.match(await lookUp('registry.npmjs.org'), /ENOTFOUND/)
  })

  it('lets the host reach pods and Services by their addresses', async () => {
    const ask = (what: string, path: string): Promise<string> =>
      kubectl.run('get', what, 'server', '-o', `jsonpath=${path}`)
    const pod = await ask('pod', '{.status.podIP}')
    const service = await ask('service', '{.spec.clusterIP}')
    for (const url of [`http://${pod}:8080`, `http://${service}`])
      assert.equal(await (await fetch(url, { signal: AbortSignal.timeout(5_000) })).text(), 'hello')
  })

  it('lets pods reach a store that listens on the host', async () => {
    const redis = await ownRedis({ host: hostAddress })
    const client = new Redis(redis.url)
    await client.set('who', 'the host')
    client.disconnect()
    const { port } = new URL(redis.url)
    const script = `const s = require('node:net').connect(${port}, '${hostName}'); s.end('GET who\\r\\nQUIT\\r\\n'); s.pipe(process.stdout)`
    assert.match(await inPod('server', script), /the host/)
    await redis.stop()
  })

  it('holds a pod to its limits', async () => {
    const greedy = 'const all = []; for (;;) all.push(Buffer.alloc(8 << 20, 1))'
    await apply(podOf('greedy', greedy, { memory: '100Mi', cpu: '500m' }))
    await kubectl.run('wait', '--for=jsonpath={.status.phase}=Failed', 'pod/greedy', '--timeout=60s')
    const reason = 'jsonpath={.status.containerStatuses[0].state.terminated.reason}'
    assert.equal(await kubectl.run('get', 'pod', 'greedy', '-o', reason), 'OOMKilled')
    const busy = `const until = Date.now() + 2000; while (Date.now() < until);
      console.log(process.cpuUsage().user / 1e6 / process.uptime())`
    const share = Number(await inPod('server', busy))
    assert.ok(share < 0.65, `A pod with half a processor used ${share}.`)
  })

  it('starts each part with less than a second of work', async () => {
    await apply(podOf('parts', server, { memory: '512Mi', cpu: '2' }))
    await kubectl.run('wait', '--for=condition=Ready', 'pod/parts', '--timeout=60s')
    for (const part of starts) {
      const works: number[] = []
      // A machine that does other things makes the same work take longer; the quickest of three is nearest to it.
      for (let run = 0; run < 3; run += 1) {
        const answer = await kubectl.run('exec', 'parts', '--', 'sh', '-c', startScript, part)
        assert.match(answer, /status 78/)
        works.push(workOf(answer))
        tell(`${part}: ${works.at(-1)?.toFixed(2)} s of work in ${/\d+ ms/.exec(answer)?.[0]}`)
      }
      assert.ok(Math.min(...works) < 1, `${part} took ${works.join(', ')} s`)
    }
  })

  it('leaves nothing when it goes', async () => {
    const { code } = await runCluster('down')
    assert.equal(code, 0)
    assert.deepEqual(traces(), clean)
    assert.match((await runCluster('status')).output, /There is no cluster/)
  })

  it('leaves nothing either when its up is killed half way', async () => {
    const child = startCluster('up')
    child.stderr?.setEncoding('utf8')
    for await (const text of child.stderr ?? []) if (String(text).includes('containerd is ready')) break
    child.kill('SIGKILL')
    await once(child, 'exit')
    assert.equal(isUp(folder), false)
    assert.equal((await runCluster('down')).code, 0)
    assert.deepEqual(traces(), clean)
  })
})
