import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { Secret } from '../../../services/shared/runtime/read-config.ts'
import { aTenant } from '../../support/a-tenant.ts'
import { ChatClient } from '../../support/chat-client.ts'
import { wireTo, type Wire } from '../../support/cut-off.ts'
import { freePort } from '../../../dev/parts/free-port.ts'
import { freshRedis } from '../../support/fresh-redis.ts'
import { gatewayWorld, type GatewayWorld, type TestGateway } from '../../support/gateway-world.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { playTurn } from './play-orchestrator.ts'
import { shownConversation } from './shown-conversation.ts'

describe('A gateway', () => {
  let world: GatewayWorld
  let redisUrl: string
  let tenant: string

  before(async () => {
    redisUrl = (await freshRedis()).url
    world = await gatewayWorld({ redisUrl })
    tenant = (await world.publish(aTenant())).tenant
  })

  after(() => world.end())

  const metric = async ({ adminUrl }: TestGateway, line: string): Promise<string | undefined> => {
    const text = await (await fetch(`${adminUrl}/metrics`)).text()
    return text.split('\n').find((candidate) => candidate.startsWith(line))
  }

  describe('without Redis', () => {
    let wire: Wire
    let gateway: TestGateway

    before(async () => {
      wire = await wireTo(redisUrl)
      gateway = await world.start({ redisUrl: new Secret(wire.url) })
    })

    afterEach(() => wire.mend().catch(() => {}))
    after(async () => {
      await gateway.stop()
      await wire.close()
    })

    it('takes messages, shows history, and comes back to the live stream by itself', async () => {
      const { token } = await world.visitor(gateway, tenant)
      await wire.cut()
      const client = await ChatClient.connect({ url: gateway.url, tenant, token })
      const accepted = await client.sayAccepted('Hello')
      const { conversation } = accepted
      const blind = await client.next('subscribed')
      assert.match((await metric(gateway, 'konstruct_store_up{store="redis"}')) ?? '', / 0$/)
      assert.deepEqual([blind.epoch, blind.seq, blind.recovered, blind.live], [0, 0, false, null])
      assert.deepEqual(
        blind.messages.map(({ text }) => text),
        ['Hello'],
      )
      await waitUntil({ until: 'Kafka has the turn' }, () =>
        world.turns.some(({ turn }) => turn === accepted.turn),
      )
      const played = await playTurn(world, tenant, accepted)
      await played.write('Hi ')
      await wire.mend()
      await played.write('there')
      await waitUntil(
        { until: 'the reply is shown as far as it is' },
        () => shownConversation(client.frames, conversation).writing[accepted.turn] === 'Hi there',
      )
      await played.answer('Hi there')
      await client.nextEvent('state', ({ state }) => state === 'answered')
      assert.deepEqual(shownConversation(client.frames, conversation).texts, ['Hello', 'Hi there'])
      await client.close()
    })

    it('brings up to date those who were there before, also when Redis comes back empty', async () => {
      const client = await world.client(gateway, tenant)
      const accepted = await client.sayAccepted('Hello')
      const { conversation } = accepted
      const played = await playTurn(world, tenant, accepted)
      await wire.cut()
      await played.answer('Said meanwhile')
      const admin = new Redis(redisUrl)
      await admin.flushdb()
      admin.disconnect()
      await wire.mend()
      await waitUntil(
        { until: 'the reply is shown' },
        () => shownConversation(client.frames, conversation).texts.at(-1) === 'Said meanwhile',
      )
      await client.close()
    })

    it('goes on limiting, by itself', async () => {
      const rates = [{ channel: 'web', messagesPerMinute: 1, burst: 2 }] as const
      const slow = (await world.publish(aTenant({ limits: { rates } }))).tenant
      const client = await world.client(gateway, slow)
      await wire.cut()
      await client.sayAccepted('1')
      await client.sayAccepted('2')
      client.say('3')
      await client.nextError('RATE_LIMITED')
      await client.close()
    })
  })

  it('without Kafka accepts nothing, says when to try again, and takes the repeat as the same message', async () => {
    const away = await world.start({ kafkaBrokers: ['127.0.0.1:1'], publishTimeoutMs: 500 })
    const there = await world.start()
    const { token } = await world.visitor(there, tenant)
    const client = await ChatClient.connect({ url: away.url, tenant, token })
    const said = client.say('Hello')
    const error = await client.nextError('INTERNAL')
    assert.deepEqual([error.id, error.conversation], [said.id, said.conversation])
    assert.ok((error.retryAfterMs ?? 0) > 0)
    assert.match((await metric(away, 'konstruct_store_up{store="kafka"}')) ?? '', / 0$/)
    assert.equal((await fetch(`${away.adminUrl}/readyz`)).status, 200)
    const other = await ChatClient.connect({ url: there.url, tenant, token })
    other.say('Hello', said)
    const { message } = await other.next('accepted')
    const { texts } = shownConversation(client.frames, said.conversation)
    assert.deepEqual(texts, ['Hello'])
    const shown = client.eventsOf(said.conversation).find(({ event }) => event.kind === 'message')
    assert.equal(shown?.event.kind === 'message' && shown.event.message.id, message)
    await Promise.all([client.close(), other.close()])
    await Promise.all([away.stop(), there.stop()])
  })

  describe('without PostgreSQL', () => {
    it('starts all the same, refuses with 503, and serves as soon as it is there', async () => {
      const wire = await wireTo(world.config.databaseUrl.reveal())
      await wire.cut()
      const [port, adminPort] = await Promise.all([freePort(), freePort()])
      const starting = world.start({ databaseUrl: new Secret(wire.url), port, adminPort })
      const url = `http://127.0.0.1:${port}/v1/tenants/${tenant}/visitors`
      const refused = await waitUntil({ until: 'it listens' }, () => fetch(url, { method: 'POST' }))
      assert.equal(refused.status, 503)
      assert.equal(((await refused.json()) as { code: string }).code, 'OVERLOADED')
      assert.equal((await fetch(`http://127.0.0.1:${adminPort}/readyz`)).status, 503)
      assert.equal((await fetch(`http://127.0.0.1:${adminPort}/livez`)).status, 200)
      await wire.mend()
      const gateway = await starting
      assert.equal((await fetch(`${gateway.adminUrl}/readyz`)).status, 200)
      await (await world.client(gateway, tenant)).close()
      await gateway.stop()
      await wire.close()
    })

    it('refuses messages with INTERNAL, keeps its sockets, and goes on when it is back', async () => {
      const wire = await wireTo(world.config.databaseUrl.reveal())
      const gateway = await world.start({ databaseUrl: new Secret(wire.url) })
      const client = await world.client(gateway, tenant)
      const { conversation } = await client.sayAccepted('1')
      await wire.cut()
      const said = client.say('2', { conversation })
      const error = await client.nextError('INTERNAL')
      assert.equal(error.id, said.id)
      assert.ok((error.retryAfterMs ?? 0) > 0)
      assert.doesNotMatch(error.message, /postgres/i)
      client.subscribe(randomUUID())
      await client.nextError('INTERNAL')
      await wire.mend()
      client.say('2', said)
      await client.next('accepted', ({ id }) => id === said.id)
      await client.close()
      await gateway.stop()
      await wire.close()
    })
  })
})
