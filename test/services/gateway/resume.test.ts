import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { webchatResponseKey } from '../../../services/shared/redis/keys.ts'
import { aTenant } from '../../support/a-tenant.ts'
import { ChatClient } from '../../support/chat-client.ts'
import { gatewayWorld, type GatewayWorld, type TestGateway } from '../../support/gateway-world.ts'
import { ownRedis } from '../../support/parts.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { playTurn } from './play-orchestrator.ts'
import { shownConversation } from './shown-conversation.ts'

/** One word that needs escaping in JSON in every way, so that relaying texts unread cannot go unnoticed. */
const odd = '"\\\n\u2028é🙂'

describe('A conversation that is followed', () => {
  let world: GatewayWorld
  let one: TestGateway
  let two: TestGateway
  let tenant: string
  let admin: Redis

  before(async () => {
    // It is flushed and killed: nobody else may use it.
    const redis = await ownRedis()
    world = await gatewayWorld({ redisUrl: redis.url })
    ;[one, two] = await Promise.all([world.start(), world.start()])
    tenant = (await world.publish(aTenant())).tenant
    admin = new Redis(redis.url)
  })

  after(async () => {
    admin.disconnect()
    await world.end()
  })

  const visit = async (gateway: TestGateway, token: string): Promise<ChatClient> =>
    ChatClient.connect({ url: gateway.url, tenant, token })

  const shows = (client: ChatClient, conversation: string, texts: readonly string[]) =>
    waitUntil(
      { until: `${texts.length} messages are shown: ${JSON.stringify(client.frames.slice(-6))}` },
      () => JSON.stringify(shownConversation(client.frames, conversation).texts) === JSON.stringify(texts),
    )

  it('brings every kind of event as it was written, to all sockets, over all gateways', async () => {
    const { token } = await world.visitor(one, tenant)
    const [a, b] = await Promise.all([visit(one, token), visit(two, token)])
    const accepted = await a.sayAccepted('Hello')
    const { conversation, turn } = accepted
    b.subscribe(conversation)
    await b.next('subscribed')
    const played = await playTurn(world, tenant, accepted)
    const owner = { kind: 'human', name: 'Grace' } as const
    const confirmation = {
      kind: 'confirmation',
      confirmation: randomUUID(),
      tool: 'refund',
      arguments: { amount: '10.00', note: odd },
      expiresAt: '2030-01-01T00:00:00.000Z',
    } as const
    await played.tell({ kind: 'state', turn, state: 'thinking' })
    await played.write('Hel', odd)
    await played.tell({ kind: 'restarted', turn, attempt: 2 }, confirmation, { kind: 'owner', owner })
    const reply = await played.answer(`Hello ${odd}`)
    for (const client of [a, b]) {
      await client.nextEvent('state', ({ state }) => state === 'answered')
      const events = client.eventsOf(conversation).map(({ event }) => event)
      assert.deepEqual(events.slice(-8), [
        { kind: 'state', turn, state: 'thinking' },
        { kind: 'delta', turn, attempt: 1, text: 'Hel' },
        { kind: 'delta', turn, attempt: 1, text: odd },
        { kind: 'restarted', turn, attempt: 2 },
        confirmation,
        { kind: 'owner', owner },
        { kind: 'message', message: reply },
        { kind: 'state', turn, state: 'answered' },
      ])
    }
    await Promise.all([a.close(), b.close()])
  })

  it('continues where a client left it, on another gateway, in the middle of a reply', async () => {
    const { token } = await world.visitor(one, tenant)
    const before = await visit(one, token)
    const accepted = await before.sayAccepted('Hello')
    const { conversation, turn } = accepted
    const played = await playTurn(world, tenant, accepted)
    await played.write('a', 'b')
    await before.nextEvent('delta', ({ text }) => text === 'b')
    const { position } = shownConversation(before.frames, conversation)
    before.socket.terminate()
    await played.write('c', 'd')
    const after = await visit(two, token)
    after.subscribe(conversation, position)
    const subscribed = await after.next('subscribed')
    assert.deepEqual([subscribed.recovered, subscribed.messages, subscribed.live], [true, [], null])
    assert.equal(subscribed.seq, position.seq + 2)
    await played.write('e')
    await played.answer('abcde')
    const frames = [...before.frames, ...after.frames]
    await waitUntil({ until: 'the reply is whole' }, () => after.eventsOf(conversation).length === 5)
    assert.deepEqual(
      after.eventsOf(conversation).map(({ event }) => event.kind),
      ['delta', 'delta', 'delta', 'message', 'state'],
    )
    assert.deepEqual(shownConversation([...frames, ...after.frames], conversation).texts, ['Hello', 'abcde'])
    assert.equal(shownConversation([...frames, ...after.frames], conversation).writing[turn], undefined)
    await after.close()
  })

  it('shows a newcomer the messages, and the reply being written whole so far', async () => {
    const { token } = await world.visitor(one, tenant)
    const first = await visit(one, token)
    const accepted = await first.sayAccepted('Hello')
    const { conversation, turn } = accepted
    const played = await playTurn(world, tenant, accepted)
    await played.tell({ kind: 'state', turn, state: 'writing' })
    await played.write('Once ', 'upon ')
    const newcomer = await visit(two, token)
    newcomer.subscribe(conversation)
    const { messages, live, recovered } = await newcomer.next('subscribed')
    assert.equal(recovered, false)
    assert.deepEqual(
      messages.map(({ role, text }) => [role, text]),
      [['user', 'Hello']],
    )
    assert.deepEqual(live, { turn, attempt: 1, state: 'writing', text: 'Once upon ' })
    await played.write('a time')
    await newcomer.nextEvent('delta', ({ text }) => text === 'a time')
    await played.answer('Once upon a time')
    await shows(newcomer, conversation, ['Hello', 'Once upon a time'])
    await Promise.all([first.close(), newcomer.close()])
  })

  it('says so when a position cannot be continued: a lost epoch, a number from the future', async () => {
    const { token } = await world.visitor(one, tenant)
    const client = await visit(one, token)
    const { conversation } = await client.sayAccepted('Hello')
    const { epoch } = await client.next('subscribed')
    for (const after of [
      { epoch: epoch - 1, seq: 1 },
      { epoch, seq: 1_000 },
      { epoch: 0, seq: 0 },
    ]) {
      client.subscribe(conversation, after)
      const { recovered, messages } = await client.next('subscribed')
      assert.deepEqual([recovered, messages.length], [false, 1])
    }
    await client.close()
  })

  it('loses nothing when Redis loses everything in the middle of a reply', async () => {
    const { token } = await world.visitor(one, tenant)
    const [a, b] = await Promise.all([visit(one, token), visit(two, token)])
    const accepted = await a.sayAccepted('Hello')
    const { conversation, turn } = accepted
    b.subscribe(conversation)
    await b.next('subscribed')
    const played = await playTurn(world, tenant, accepted)
    await played.write('One ')
    await b.nextEvent('delta')
    await admin.flushall()
    await played.restart('One two ')
    await played.write('three')
    for (const client of [a, b])
      await waitUntil(
        { until: 'the text is whole again' },
        () => shownConversation(client.frames, conversation).writing[turn] === 'One two three',
      )
    await played.answer('One two three')
    for (const client of [a, b]) await shows(client, conversation, ['Hello', 'One two three'])
    await Promise.all([a.close(), b.close()])
  })

  it('fills what was appended without being announced, as soon as something is', async () => {
    const { token } = await world.visitor(one, tenant)
    const client = await visit(one, token)
    const accepted = await client.sayAccepted('Hello')
    const { conversation, turn } = accepted
    await client.nextEvent('state')
    const { epoch } = shownConversation(client.frames, conversation).position
    const silent = JSON.stringify({ kind: 'delta', turn, attempt: 1, text: 'unheard ' })
    await admin.xadd(webchatResponseKey(tenant, conversation), `${epoch}-*`, 'e', silent, 'f', '')
    const played = await playTurn(world, tenant, accepted)
    await played.write('heard')
    await waitUntil(
      { until: 'both are shown' },
      () => shownConversation(client.frames, conversation).writing[turn] === 'unheard heard',
    )
    await client.close()
  })

  it('notices by itself what was lost without a trace', async () => {
    const watchful = await world.start({ pingEveryMs: 200 })
    const client = await world.client(watchful, tenant)
    const accepted = await client.sayAccepted('Hello')
    const { conversation, turn } = accepted
    await client.nextEvent('state')
    const { epoch } = shownConversation(client.frames, conversation).position
    const silent = JSON.stringify({ kind: 'delta', turn, attempt: 1, text: 'unheard' })
    await admin.xadd(webchatResponseKey(tenant, conversation), `${epoch}-*`, 'e', silent, 'f', '')
    await client.nextEvent('delta')
    await client.close()
    await watchful.stop()
  })

  it('recovers what was said while the gateway could not hear', async () => {
    const { token } = await world.visitor(one, tenant)
    const client = await visit(one, token)
    const accepted = await client.sayAccepted('Hello')
    const { conversation } = accepted
    const played = await playTurn(world, tenant, accepted)
    await played.write('One ')
    await client.nextEvent('delta')
    // Both gateways lose the connection that listens, and with it what is announced meanwhile.
    await Promise.all([admin.call('CLIENT', 'KILL', 'TYPE', 'PUBSUB'), played.write('two ', 'three')])
    await played.answer('One two three')
    await shows(client, conversation, ['Hello', 'One two three'])
    await client.close()
  })
})
