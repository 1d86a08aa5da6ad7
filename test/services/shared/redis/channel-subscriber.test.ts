import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { webchatResponseKey } from '../../../../services/shared/redis/keys.ts'
import { wireTo } from '../../../support/cut-off.ts'
import { ownRedis } from '../../../support/parts.ts'
import { type OpenRedis, openRedisAt } from '../../../support/open-redis.ts'
import { waitUntil } from '../../../support/wait-until.ts'

describe('The subscriber of a process', () => {
  let open: OpenRedis
  let admin: Redis
  before(async () => {
    const { url } = await ownRedis()
    open = await openRedisAt(url)
    admin = new Redis(url)
  })
  after(() => {
    open.close()
    admin.disconnect()
  })

  it('hears a channel for as long as one of several listeners stays', async () => {
    const key = webchatResponseKey('acme', randomUUID())
    const [one, other]: [string[], string[]] = [[], []]
    const leaveOne = await open.subscriber.listen(key, (message) => one.push(message))
    const leaveOther = await open.subscriber.listen(key, (message) => other.push(message))
    await open.redis.publish(key, 'first')
    await waitUntil({ until: 'both heard' }, () => one.length === 1 && other.length === 1)
    leaveOne()
    await open.redis.publish(key, 'second')
    await waitUntil({ until: 'the other heard' }, () => other.length === 2)
    assert.deepEqual(one, ['first'])
    leaveOther()
    await waitUntil({ until: 'nobody is subscribed' }, async () => (await admin.publish(key, 'x')) === 0)
  })

  it('hears only its own channel', async () => {
    const [mine, foreign] = [
      webchatResponseKey('acme', randomUUID()),
      webchatResponseKey('globex', randomUUID()),
    ]
    const heard: string[] = []
    const leave = await open.subscriber.listen(mine, (message) => heard.push(message))
    await open.redis.publish(foreign, 'not yours')
    await open.redis.publish(mine, 'yours')
    await waitUntil({ until: 'it heard' }, () => heard.length > 0)
    leave()
    assert.deepEqual(heard, ['yours'])
  })

  it('tells when it was away, and hears again after that', async () => {
    const key = webchatResponseKey('acme', randomUUID())
    const heard: string[] = []
    let reconnects = 0
    open.subscriber.onReconnect(() => {
      reconnects += 1
    })
    const leave = await open.subscriber.listen(key, (message) => heard.push(message))
    await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await waitUntil({ until: 'it is back' }, () => reconnects === 1)
    await open.redis.publish(key, 'again')
    await waitUntil({ until: 'it heard' }, () => heard.length === 1)
    leave()
  })

  it('outlives a connection that ends while its channels are subscribed again', async () => {
    const { url } = await ownRedis()
    const wire = await wireTo(url)
    const far = await openRedisAt(wire.url)
    const own = new Redis(url)
    const unhandled: unknown[] = []
    const note = (thrown: unknown): number => unhandled.push(thrown)
    process.prependListener('unhandledRejection', note)
    try {
      const key = webchatResponseKey('acme', randomUUID())
      let reconnects = 0
      far.subscriber.onReconnect(() => {
        reconnects += 1
      })
      const heard: string[] = []
      const leave = await far.subscriber.listen(key, (message) => heard.push(message))
      wire.cutAt('subscribe')
      await own.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
      await waitUntil({ until: 'it is back' }, () => reconnects === 1)
      await own.publish(key, 'again')
      await waitUntil({ until: 'it heard' }, () => heard.length === 1)
      leave()
      // It would end the process.
      assert.deepEqual(unhandled, [])
    } finally {
      process.removeListener('unhandledRejection', note)
      own.disconnect()
      far.close()
      await wire.close()
    }
  })

  it('finds out that its connection is dead, also when nobody says so', async function () {
    this.timeout(30_000)
    const { url } = await ownRedis()
    const wire = await wireTo(url)
    const far = await openRedisAt(wire.url)
    try {
      const key = webchatResponseKey('acme', randomUUID())
      const heard: string[] = []
      const leave = await far.subscriber.listen(key, (message) => heard.push(message))
      wire.silence()
      await assert.rejects(far.redis.publish(key, 'lost'), { code: 'REDIS_UNAVAILABLE' })
      await waitUntil(
        { until: 'both gave their connections up', deadlineMs: 15_000 },
        () => !far.redis.ready && !far.subscriber.ready,
      )
      await wire.mend()
      await waitUntil(
        { until: 'both are back', deadlineMs: 10_000 },
        () => far.redis.ready && far.subscriber.ready,
      )
      await waitUntil({ until: 'it hears again' }, async () => {
        await far.redis.publish(key, 'again')
        return heard.includes('again')
      })
      leave()
    } finally {
      far.close()
      await wire.close()
    }
  })
})
