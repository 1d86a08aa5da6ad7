import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { publishTenant } from '../../../services/shared/store/publish-tenant.ts'
import { aTenant } from '../../support/a-tenant.ts'
import { ChatClient } from '../../support/chat-client.ts'
import { endPeriod, useTokens } from '../../support/use-tokens.ts'
import { gatewayWorld, type GatewayWorld, type TestGateway } from '../../support/gateway-world.ts'

describe('A frame that is refused', () => {
  let world: GatewayWorld
  let gateway: TestGateway
  let tenant: string
  let client: ChatClient

  before(async () => {
    world = await gatewayWorld()
    gateway = await world.start()
    tenant = (await world.publish(aTenant())).tenant
  })

  beforeEach(async () => {
    client = await world.client(gateway, tenant)
  })

  afterEach(() => client.close())
  after(() => world.end())

  /** The socket is still good for its purpose. */
  const stillWorks = async (): Promise<void> => void (await client.sayAccepted('Still here'))

  it('gets FRAME_INVALID when it cannot be read, and the socket stays open', async () => {
    const conversation = randomUUID()
    const id = randomUUID()
    client.raw('no json')
    await client.nextError('FRAME_INVALID')
    client.raw(Buffer.from('{"type":"subscribe"}'))
    await client.nextError('FRAME_INVALID')
    client.send({ type: 'send', id, conversation, agent: 'support', text: 7 })
    const error = await client.nextError('FRAME_INVALID')
    assert.deepEqual([error.id, error.conversation, error.retryAfterMs], [id, conversation, undefined])
    await stillWorks()
  })

  it('gets FRAME_UNKNOWN when its type is not known, and the socket stays open', async () => {
    client.send({ type: 'dance', id: randomUUID() })
    await client.nextError('FRAME_UNKNOWN')
    await stillWorks()
  })

  it('gets TEXT_EMPTY when nothing in it can be seen', async () => {
    for (const text of ['', '  \n\t', '\u200b\u200e', '\u202e']) {
      const { id } = client.say(text)
      assert.equal((await client.nextError('TEXT_EMPTY')).id, id)
    }
    await client.sayAccepted('🏳️‍🌈')
  })

  it('gets TEXT_TOO_LONG by its bytes, not its characters', async () => {
    const small = (await world.publish(aTenant({ limits: { maxMessageBytes: 1_024 } }))).tenant
    const other = await world.client(gateway, small)
    await other.sayAccepted('ä'.repeat(512))
    other.say(`${'ä'.repeat(512)}.`)
    await other.nextError('TEXT_TOO_LONG')
    await other.close()
  })

  it('gets AGENT_NOT_FOUND for an agent that is not there, and for one that is not for this user', async () => {
    for (const agent of ['nobody', 'payroll', 'support ', '__proto__']) {
      client.say('Hello', { agent })
      await client.nextError('AGENT_NOT_FOUND')
    }
  })

  it("gets CONVERSATION_NOT_FOUND for another visitor's conversation, whatever it wants there", async () => {
    const owner = await world.client(gateway, tenant)
    const { conversation, turn } = await owner.sayAccepted('Mine')
    const { epoch } = await owner.next('subscribed')
    client.subscribe(conversation)
    await client.nextError('CONVERSATION_NOT_FOUND')
    // A position that the stream could continue, as if it had been overheard.
    client.subscribe(conversation, { epoch, seq: 0 })
    await client.nextError('CONVERSATION_NOT_FOUND')
    client.send({ type: 'stop', conversation, turn })
    await client.nextError('CONVERSATION_NOT_FOUND')
    client.send({ type: 'decide', conversation, confirmation: randomUUID(), decision: 'approve' })
    await client.nextError('CONVERSATION_NOT_FOUND')
    const { id } = client.say('Let me in', { conversation })
    assert.equal((await client.nextError('CONVERSATION_NOT_FOUND')).id, id)
    client.subscribe(randomUUID())
    await client.nextError('CONVERSATION_NOT_FOUND')
    await owner.sayAccepted('Alone again', { conversation })
    assert.ok(client.frames.every(({ type }) => type === 'welcome' || type === 'error'))
    await owner.close()
  })

  it('gets FRAME_INVALID for a decision about a confirmation that does not wait', async () => {
    const { conversation } = await client.sayAccepted('Hello')
    client.send({ type: 'decide', conversation, confirmation: randomUUID(), decision: 'approve' })
    await client.nextError('FRAME_INVALID')
  })

  it('gets RATE_LIMITED with a time when the whole tenant says too much, and is taken after it', async () => {
    // The next place comes after 3 s, however long two messages take until then.
    const rates = [{ channel: 'web', messagesPerMinute: 20, burst: 2 }] as const
    const slow = (await world.publish(aTenant({ limits: { rates } }))).tenant
    const [one, two] = await Promise.all([world.client(gateway, slow), world.client(gateway, slow)])
    await Promise.all([one.sayAccepted('1'), two.sayAccepted('2')])
    const refused = one.say('3')
    const { id, retryAfterMs = 0 } = await one.nextError('RATE_LIMITED')
    assert.equal(id, refused.id)
    assert.ok(retryAfterMs > 0 && retryAfterMs <= 3_000, `${retryAfterMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, retryAfterMs + 5))
    one.say('3', refused)
    await one.next('accepted', (frame) => frame.id === refused.id)
    await Promise.all([one.close(), two.close()])
  })

  it('gets RATE_LIMITED with a time when its user asks too much on all sockets together, and nobody else does', async () => {
    const strict = await world.start({ asksBurst: 3, asksPerMinute: 60 })
    const { token } = await world.visitor(strict, tenant)
    const [one, two] = await Promise.all([
      ChatClient.connect({ url: strict.url, tenant, token }),
      ChatClient.connect({ url: strict.url, tenant, token }),
    ])
    const { conversation, turn } = await one.sayAccepted('Hello')
    one.subscribe(conversation)
    await one.next('subscribed', ({ messages }) => messages.length === 1)
    two.send({ type: 'stop', conversation, turn })
    two.send({ type: 'decide', conversation, confirmation: randomUUID(), decision: 'reject' })
    await two.nextError('FRAME_INVALID')
    two.subscribe(conversation)
    const error = await two.nextError('RATE_LIMITED')
    assert.deepEqual([error.conversation, error.id], [conversation, undefined])
    // Those who are refused together do not come back together, as they would be refused again.
    assert.ok((error.retryAfterMs ?? 0) >= 1_000, `${error.retryAfterMs} ms`)
    await two.sayAccepted('Saying is limited for the tenant', { conversation })
    const other = await world.client(strict, tenant)
    other.subscribe(randomUUID())
    await other.nextError('CONVERSATION_NOT_FOUND')
    await Promise.all([one, two, other].map((open) => open.close()))
    await strict.stop()
  })

  it('gets OVERLOADED with a time when too many turns of the tenant wait', async () => {
    const full = (await world.publish(aTenant({ limits: { maxWaitingTurns: 2 } }))).tenant
    const other = await world.client(gateway, full)
    await other.sayAccepted('1')
    await other.sayAccepted('2')
    other.say('3')
    assert.ok(((await other.nextError('OVERLOADED')).retryAfterMs ?? 0) > 0)
    await other.close()
  })

  it('gets BUDGET_EXHAUSTED with the time until the next period when the tokens are used up, and is taken in that', async () => {
    const budget = { tokens: 1_000, period: 'Day' } as const
    const frugal = (await world.publish(aTenant({ limits: { budget } }))).tenant
    await useTokens(world.store, frugal, 1_000, 'yesterday')
    const other = await world.client(gateway, frugal)
    const taken = other.say('Taken')
    const accepted = await other.next('accepted')
    await useTokens(world.store, frugal, 1_000)
    const refused = other.say('Refused')
    const error = await other.nextError('BUDGET_EXHAUSTED')
    assert.equal(error.id, refused.id)
    assert.match(error.message, /wait for its budget's next period/)
    assert.ok(
      (error.retryAfterMs ?? 0) > 0 && (error.retryAfterMs ?? 0) <= 86_400_000,
      `${error.retryAfterMs} ms`,
    )
    other.say('Taken', taken)
    assert.deepEqual(await other.next('accepted'), accepted, 'a repeat of what was taken')
    await endPeriod(world.store, frugal)
    other.say('Refused', refused)
    await other.next('accepted', (frame) => frame.id === refused.id)
    await other.close()
  })

  it('gets OVERLOADED when one socket would follow too many conversations', async () => {
    const narrow = await world.start({ maxFollowed: 2 })
    const other = await world.client(narrow, tenant)
    const { conversation } = await other.sayAccepted('1')
    await other.sayAccepted('2')
    other.say('3')
    await other.nextError('OVERLOADED')
    await other.sayAccepted('More', { conversation })
    await other.close()
    await narrow.stop()
  })

  it('gets TENANT_SUSPENDED, and 4403 closes the socket, when the tenant is suspended meanwhile', async () => {
    const acme = aTenant()
    await world.publish(acme)
    const other = await world.client(gateway, acme.tenant)
    await publishTenant(world.store.operator, { ...acme, state: 'suspended' })
    await other.nextError('TENANT_SUSPENDED')
    assert.equal((await other.untilClosed()).code, 4403)
  })
})

describe('A socket that is abused', () => {
  let world: GatewayWorld
  let gateway: TestGateway
  let tenant: string

  before(async () => {
    world = await gatewayWorld()
    gateway = await world.start({ framesPerSecond: 20 })
    tenant = (await world.publish(aTenant())).tenant
  })

  after(() => world.end())

  it('is closed with 1009 by a frame over 64 KiB, and not by one of 64 KiB', async () => {
    const client = await world.client(gateway, tenant)
    client.raw('x'.repeat(64 * 1024))
    await client.nextError('FRAME_INVALID')
    client.raw('x'.repeat(64 * 1024 + 1))
    assert.equal((await client.untilClosed()).code, 1009)
  })

  it('is closed with 4429 by too many frames', async () => {
    const client = await world.client(gateway, tenant)
    for (let i = 0; i < 60; i++) client.raw('{}')
    assert.equal((await client.untilClosed()).code, 4429)
  })

  it('is closed with 4429 by too many pings', async () => {
    const client = await world.client(gateway, tenant)
    for (let i = 0; i < 60; i++) client.socket.ping()
    assert.equal((await client.untilClosed()).code, 4429)
  })

  it('is closed by text that is no UTF-8, and by a message in a thousand pieces', async () => {
    const one = await world.client(gateway, tenant)
    one.socket.send(Buffer.from([0xff, 0xfe]), { binary: false })
    assert.equal((await one.untilClosed()).code, 1007)
    const two = await world.client(gateway, tenant)
    for (let i = 0; i < 1_000; i++) two.socket.send('x', { fin: false })
    assert.equal((await two.untilClosed()).code, 1008)
  })

  it('is given up when it is silent for two pings', async () => {
    const quick = await world.start({ pingEveryMs: 80 })
    const client = await world.client(quick, tenant)
    const alive = await world.client(quick, tenant)
    client.socket.pause()
    const since = performance.now()
    while ((await connections(quick, tenant)) > 1 && performance.now() - since < 3_000);
    assert.equal(await connections(quick, tenant), 1)
    assert.equal(alive.closed, null)
    client.socket.terminate()
    await alive.close()
    await quick.stop()
  })
})

const connections = async ({ adminUrl }: TestGateway, tenant: string): Promise<number> => {
  const text = await (await fetch(`${adminUrl}/metrics`)).text()
  return Number(
    new RegExp(`konstruct_gateway_tenant_connections\\{tenant="${tenant}"\\} (\\d+)`).exec(text)?.[1] ?? 0,
  )
}
