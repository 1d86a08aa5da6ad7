import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { webchatResponseKey } from '../../../services/shared/redis/keys.ts'
import { claimTurn } from '../../../services/shared/store/claim-turn.ts'
import { aTenant } from '../../support/a-tenant.ts'
import { ChatClient } from '../../support/chat-client.ts'
import { gatewayWorld, type GatewayWorld, type TestGateway } from '../../support/gateway-world.ts'
import { holdCommits } from '../../support/held-commits.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { playTurn } from './play-orchestrator.ts'

describe('A send', () => {
  let world: GatewayWorld
  let one: TestGateway
  let two: TestGateway
  let tenant: string
  let admin: Client

  before(async () => {
    world = await gatewayWorld()
    ;[one, two] = await Promise.all([world.start(), world.start()])
    tenant = (await world.publish(aTenant())).tenant
    admin = new Client({ connectionString: world.store.adminUrl.reveal() })
    await admin.connect()
  })

  after(async () => {
    await admin.end()
    await world.end()
  })

  const turnsOf = async (conversation: string): Promise<number> => {
    const { rows } = await admin.query<{ count: number }>(
      'select count(*)::int as count from konstruct.turns where conversation_id = $1',
      [conversation],
    )
    return rows[0]?.count ?? 0
  }

  const recordsOf = (turn: string): number => world.turns.filter((record) => record.turn === turn).length

  it('is accepted when its turn is in Kafka, and shown to its sender', async () => {
    const client = await world.client(one, tenant)
    const { id, conversation } = client.say('Hello')
    const accepted = await client.next('accepted')
    assert.equal(accepted.id, id)
    const subscribed = await client.next('subscribed')
    const { event } = await client.nextEvent('message')
    await client.nextEvent('state', ({ state }) => state === 'queued')
    assert.deepEqual([event.message.text, event.message.id], ['Hello', accepted.message])
    assert.deepEqual([subscribed.recovered, subscribed.messages, subscribed.live], [false, [], null])
    const types = client.frames.map(({ type }) => type)
    assert.deepEqual(types, ['welcome', 'subscribed', 'event', 'event', 'accepted'])
    const turn = await waitUntil({ until: 'Kafka has the turn' }, () =>
      world.turns.find((record) => record.turn === accepted.turn),
    )
    assert.deepEqual([turn.tenant, turn.conversation], [tenant, conversation])
    await client.close()
  })

  it('is queued while its commit waits for the disk, and neither accepted nor shown before', async () => {
    const [client, commits] = await Promise.all([world.client(one, tenant), holdCommits(world.store)])
    try {
      const { conversation } = client.say('Hello')
      const { turn } = await waitUntil({ until: 'Kafka has the turn' }, () =>
        world.turns.find((record) => record.conversation === conversation),
      )
      await commits.untilWaiting(1)
      assert.deepEqual(
        client.frames.map(({ type }) => type),
        ['welcome'],
      )
      await commits.release()
      assert.equal((await client.next('accepted')).turn, turn)
    } finally {
      await commits.end()
    }
  })

  it('whose commit fails is not accepted, although it was queued, and repeated it is another turn', async () => {
    const [client, commits] = await Promise.all([world.client(one, tenant), holdCommits(world.store)])
    const { id, conversation } = client.say('Hello')
    try {
      await commits.untilWaiting(1)
      await commits.release('failed')
      assert.equal((await client.next('error')).id, id)
    } finally {
      await commits.end()
    }
    assert.equal(await turnsOf(conversation), 0)
    client.say('Hello', { id, conversation })
    const { turn } = await client.next('accepted')
    assert.equal(await turnsOf(conversation), 1)
    const records = await waitUntil({ until: 'Kafka has both turns' }, () => {
      const found = world.turns.filter((record) => record.conversation === conversation)
      return found.length === 2 ? found : undefined
    })
    assert.equal(records[1]?.turn, turn)
  })

  it('is noted in PostgreSQL as published, so that nothing publishes it again', async () => {
    const client = await world.client(one, tenant)
    const { turn } = await client.sayAccepted('Hello')
    await waitUntil({ until: 'the publication is noted' }, async () => {
      const { rows } = await admin.query('select published_at from konstruct.open_turns where turn_id = $1', [
        turn,
      ])
      return (rows[0] as { published_at: Date | null } | undefined)?.published_at instanceof Date
    })
    await client.close()
  })

  it('repeated five times at once makes one turn, and every repeat gets the same answer', async () => {
    const client = await world.client(one, tenant)
    const said = client.say('Once')
    for (let i = 0; i < 4; i++) client.say('Once', said)
    const answers = []
    for (let i = 0; i < 5; i++) answers.push(await client.next('accepted'))
    assert.equal(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1)
    assert.equal(await turnsOf(said.conversation), 1)
    const { turn } = answers[0] ?? assert.fail()
    await waitUntil({ until: 'Kafka has the turn' }, () => recordsOf(turn) > 0)
    assert.equal(recordsOf(turn), 1)
    await client.close()
  })

  it('repeated at once on five sockets of two gateways makes one turn', async () => {
    const { token } = await world.visitor(one, tenant)
    const clients = await Promise.all(
      [one, two, one, two, one].map(({ url }) => ChatClient.connect({ url, tenant, token })),
    )
    const said = { conversation: randomUUID(), id: randomUUID() }
    for (const client of clients) client.say('Once', said)
    const answers = await Promise.all(clients.map((client) => client.next('accepted')))
    assert.equal(new Set(answers.map(({ turn, message }) => `${turn} ${message}`)).size, 1)
    assert.equal(await turnsOf(said.conversation), 1)
    for (const client of clients) {
      client.subscribe(said.conversation)
      await waitUntil(
        { until: 'one message is shown' },
        () => client.frames.findLast((frame) => frame.type === 'subscribed')?.messages.length === 1,
      )
    }
    await Promise.all(clients.map((client) => client.close()))
  })

  it('repeated with another text gets the first one back', async () => {
    const client = await world.client(one, tenant)
    const said = client.say('First')
    const first = await client.next('accepted')
    client.say('Second', said)
    assert.deepEqual(await client.next('accepted'), first)
    assert.equal(client.eventsOf(said.conversation).length, 2)
    await client.close()
  })

  it('repeated after its answer gets the first one back, and nothing is queued again', async () => {
    const client = await world.client(one, tenant)
    const said = client.say('Hello')
    const first = await client.next('accepted')
    await (await playTurn(world, tenant, first)).answer('Hi')
    await client.nextEvent('state', ({ state }) => state === 'answered')
    const elsewhere = await world.client(two, tenant)
    elsewhere.say('Hello', said)
    await elsewhere.nextError('CONVERSATION_NOT_FOUND')
    client.say('Hello', said)
    assert.deepEqual(await client.next('accepted'), first)
    await client.sayAccepted('Next', { conversation: said.conversation })
    assert.equal(recordsOf(first.turn), 1)
    await Promise.all([client.close(), elsewhere.close()])
  })

  it('is accepted also as one of fifty that come at once on a socket, each in a conversation of its own', async () => {
    const client = await world.client(one, tenant)
    const sent = Array.from({ length: 50 }, (_, n) => client.say(`Message ${n}`).id)
    for (const id of sent) await client.next('accepted', (frame) => frame.id === id)
    await client.close()
  })

  it('keeps its place: messages sent without waiting are stored in the order in which they were sent', async () => {
    const client = await world.client(one, tenant)
    const conversation = randomUUID()
    const texts = Array.from({ length: 20 }, (_, index) => `Message ${index}`)
    for (const text of texts) client.say(text, { conversation })
    for (const _ of texts) await client.next('accepted')
    client.subscribe(conversation)
    const { messages } = await client.next('subscribed', (frame) => frame.messages.length > 1)
    assert.deepEqual(
      messages.map(({ text }) => text),
      texts,
    )
    await client.close()
  })

  it('shows the message to the other sockets of the user', async () => {
    const { token } = await world.visitor(one, tenant)
    const [a, b] = await Promise.all([one, two].map(({ url }) => ChatClient.connect({ url, tenant, token })))
    assert.ok(a !== undefined && b !== undefined)
    const { conversation } = await a.sayAccepted('First')
    b.subscribe(conversation)
    await b.next('subscribed')
    await b.sayAccepted('Second', { conversation })
    const { event } = await a.nextEvent('message', ({ message }) => message.text === 'Second')
    assert.equal(event.message.role, 'user')
    await Promise.all([a.close(), b.close()])
  })

  it('of text in any script arrives as it was written', async () => {
    const text = 'ünï 🏳️‍🌈 "\\\n\t\u2028 \u{E0041} <script> \u202eabc'
    const client = await world.client(one, tenant)
    const { conversation } = await client.sayAccepted(text)
    client.subscribe(conversation)
    const { messages } = await client.next('subscribed', (frame) => frame.messages.length > 0)
    assert.equal(messages[0]?.text, text)
    await client.close()
  })
})

describe('A stop', () => {
  let world: GatewayWorld
  let gateway: TestGateway
  let tenant: string

  before(async () => {
    world = await gatewayWorld()
    gateway = await world.start()
    tenant = (await world.publish(aTenant())).tenant
  })

  after(() => world.end())

  it('is kept for whoever runs the turn, and announced to them', async () => {
    const client = await world.client(gateway, tenant)
    const { conversation, turn } = await client.sayAccepted('Hello')
    const heard: string[] = []
    const leave = await world.subscriber.listen(webchatResponseKey(tenant, conversation), (message) =>
      heard.push(message),
    )
    client.send({ type: 'stop', conversation, turn })
    await waitUntil({ until: 'the stop is announced' }, () => heard.includes(`stop ${turn}`))
    leave()
    const ref = { tenant, conversation, turn }
    const claim = await claimTurn(world.store.app, {
      ref,
      worker: 'w',
      leaseMs: 1_000,
      maxConcurrentTurns: 8,
      budget: null,
    })
    assert.equal(claim.kind === 'claimed' && claim.stopRequested, true)
    await client.close()
  })

  it('of a turn that has ended is no error', async () => {
    const client = await world.client(gateway, tenant)
    const accepted = await client.sayAccepted('Hello')
    const { conversation, turn } = accepted
    await (await playTurn(world, tenant, accepted)).answer('Hi')
    client.send({ type: 'stop', conversation, turn })
    await client.sayAccepted('Still here', { conversation })
    assert.ok(client.frames.every(({ type }) => type !== 'error'))
    await client.close()
  })
})
