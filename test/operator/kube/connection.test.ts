import assert from 'node:assert/strict'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { KubeConfig } from '@kubernetes/client-node'
import { connectKube, KubeConnection } from '../../../operator/kube/connection.ts'
import { FakeClock } from '../fake-clock.ts'
import { aKube, type AKube } from './a-kube.ts'

const version = { method: 'GET', path: '/version', headers: {}, silenceMs: 5000 } as const

/** Passes TLS through untouched and counts the connections. */
const startCounter = async (target: URL) => {
  const sockets = new Set<Socket>()
  const counter = { connections: 0, port: 0, close: async () => {} }
  const server: Server = createServer((socket) => {
    counter.connections += 1
    const onward = connect(Number(target.port), target.hostname)
    for (const each of [socket, onward]) sockets.add(each.on('error', () => {}))
    socket.pipe(onward).pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  counter.port = (server.address() as AddressInfo).port
  counter.close = () => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => void server.close(() => resolve()))
  }
  return counter
}

describe('KubeConnection', () => {
  let kube: AKube

  before(async function () {
    this.timeout(180_000)
    kube = await aKube()
  })

  after(() => kube.close())

  it('opens no new TLS connection for each call, nor when it reads its credentials again', async () => {
    const load = () => {
      const config = new KubeConfig()
      config.loadFromFile(kube.kubeconfig)
      return config
    }
    const counter = await startCounter(new URL(load().getCurrentCluster()?.server ?? ''))
    const clock = new FakeClock()
    const connection = new KubeConnection(() => {
      const config = load()
      config.clusters = config.clusters.map((cluster) => ({
        ...cluster,
        server: `https://127.0.0.1:${counter.port}`,
      }))
      return config
    }, clock)
    for (let call = 0; call < 50; call += 1) {
      const { statusCode, body } = await connection.send(version)
      assert.equal(statusCode, 200)
      await body.dump()
      await clock.advance(10_000)
    }
    assert.equal(counter.connections, 1)
    await connection.close()
    await counter.close()
  })

  it('trusts nobody but the CA of its kubeconfig', async () => {
    const { server } = connectKube(kube.kubeconfig)
    const stranger = new KubeConnection(() => {
      const strange = new KubeConfig()
      strange.loadFromClusterAndUser({ name: 'a', server, skipTLSVerify: false }, { name: 'a' })
      return strange
    }, new FakeClock())
    await assert.rejects(stranger.send(version), { code: 'KUBE_UNAVAILABLE' })
    await stranger.close()
  })

  it('says so when nobody answers', async () => {
    const connection = new KubeConnection(() => {
      const config = new KubeConfig()
      config.loadFromClusterAndUser(
        { name: 'a', server: 'https://127.0.0.1:1', skipTLSVerify: true },
        { name: 'a' },
      )
      return config
    }, new FakeClock())
    await assert.rejects(connection.send(version), { code: 'KUBE_UNAVAILABLE' })
    await connection.close()
  })

  it('knows the namespace of its kubeconfig', () => {
    assert.equal(connectKube(kube.kubeconfig).namespace, 'default')
  })
})
