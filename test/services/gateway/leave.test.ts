import assert from 'node:assert/strict'
import { Redis } from 'ioredis'
import { Client } from 'pg'
import { webchatResponseKey } from '../../../services/shared/redis/keys.ts'
import { aTenant } from '../../support/a-tenant.ts'
import { ChatClient } from '../../support/chat-client.ts'
import { freshRedis } from '../../support/fresh-redis.ts'
import { gatewayWorld, type GatewayWorld, type TestGateway } from '../../support/gateway-world.ts'
import { holdCommits } from '../../support/held-commits.ts'
import { waitUntil } from '../../support/wait-until.ts'

describe('A socket that closes while its frame is handled', () => {
  let world: GatewayWorld
  let gateway: TestGateway
  let tenant: string
  let redis: Redis

  before(async () => {
    const { url } = await freshRedis()
    redis = new Redis(url)
    world = await gatewayWorld({ redisUrl: url })
    gateway = await world.start()
    tenant = (await world.publish(aTenant())).tenant
  })

  after(async () => {
    redis.disconnect()
    await world.end()
  })

  const untilMetric = (line: string): Promise<unknown> =>
    waitUntil({ until: `the metrics say ${line}` }, async () =>
      (await (await fetch(`${gateway.adminUrl}/metrics`)).text()).split('\n').includes(line),
    )

  const leave = async (client: ChatClient): Promise<void> => {
    client.socket.terminate()
    await untilMetric('konstruct_gateway_connections 0')
  }

  const listenersOf = async (conversation: string): Promise<unknown> =>
    (await redis.pubsub('NUMSUB', webchatResponseKey(tenant, conversation)))[1]

  it('is followed by nothing, and what it said is queued all the same', async () => {
    const [client, commits] = await Promise.all([world.client(gateway, tenant), holdCommits(world.store)])
    const { conversation } = client.say('And away')
    try {
      await commits.untilWaiting(1)
      await leave(client)
      await commits.release()
      await untilMetric(`konstruct_gateway_messages_total{tenant="${tenant}",outcome="accepted"} 1`)
    } finally {
      await commits.end()
    }
    await waitUntil({ until: 'Kafka has the turn' }, () =>
      world.turns.some((record) => record.conversation === conversation),
    )
    assert.equal(await listenersOf(conversation), 0)
  })

  it('follows nothing that it asked for', async () => {
    const { token } = await world.visitor(gateway, tenant)
    const before = await ChatClient.connect({ url: gateway.url, tenant, token })
    const { conversation } = await before.sayAccepted('Hello')
    await leave(before)
    await waitUntil({ until: 'nobody listens' }, async () => (await listenersOf(conversation)) === 0)
    const client = await ChatClient.connect({ url: gateway.url, tenant, token })
    const admin = new Client({ connectionString: world.store.adminUrl.reveal() })
    await admin.connect()
    await admin.query('begin; lock table konstruct.conversations in access exclusive mode')
    client.subscribe(conversation)
    await waitUntil({ until: 'the conversation waits for its table' }, async () => {
      const { rows } = await admin.query(
        `select from pg_locks where not granted and relation = 'konstruct.conversations'::regclass`,
      )
      return rows.length > 0
    })
    await leave(client)
    await admin.query('commit')
    await admin.end()
    // Whoever comes after it goes the same way to its end.
    const next = await world.client(gateway, tenant)
    await next.sayAccepted('Hello')
    await next.close()
    assert.equal(await listenersOf(conversation), 0)
  })
})
