import assert from 'node:assert/strict'
import { aTenant } from '../../support/a-tenant.ts'
import { ChatClient } from '../../support/chat-client.ts'
import { gatewayWorld, type GatewayWorld, type TestGateway } from '../../support/gateway-world.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { playTurn } from './play-orchestrator.ts'
import { shownConversation } from './shown-conversation.ts'

const metric = async ({ adminUrl }: TestGateway, name: string): Promise<number> => {
  const text = await (await fetch(`${adminUrl}/metrics`)).text()
  const line = text.split('\n').find((candidate) => candidate.startsWith(name))
  return Number(line?.split(' ').at(-1) ?? 0)
}

describe('A slow reader', () => {
  let world: GatewayWorld
  let tenant: string

  before(async () => {
    world = await gatewayWorld()
    tenant = (await world.publish(aTenant())).tenant
  })

  after(() => world.end())

  it('holds up nobody, gets no more deltas, and is brought up to date when it reads again', async () => {
    const gateway = await world.start({ slowReaderBytes: 64 * 1024 })
    const { token } = await world.visitor(gateway, tenant)
    const [slow, quick] = await Promise.all([
      ChatClient.connect({ url: gateway.url, tenant, token }),
      ChatClient.connect({ url: gateway.url, tenant, token }),
    ])
    const accepted = await slow.sayAccepted('Tell me everything')
    const { conversation, turn } = accepted
    quick.subscribe(conversation)
    await quick.next('subscribed')
    const played = await playTurn(world, tenant, accepted)
    slow.socket.pause()
    const piece = 'x'.repeat(64 * 1024)
    let written = ''
    // The kernel's own buffers have to fill before the gateway notices.
    while ((await metric(gateway, 'konstruct_gateway_slow_readers_total{outcome="paused"}')) === 0) {
      await played.write(piece)
      written += piece
      assert.ok(written.length < 64 * 1024 * 1024, 'it was never called slow')
    }
    await played.write('more', ' and more')
    written += 'more and more'
    await waitUntil(
      { until: 'the quick one has it all' },
      () => shownConversation(quick.frames, conversation).writing[turn] === written,
    )
    slow.socket.resume()
    await waitUntil(
      { until: 'the slow one has it all' },
      () => shownConversation(slow.frames, conversation).writing[turn] === written,
    )
    await played.answer('The end')
    for (const client of [slow, quick])
      await waitUntil(
        { until: 'the reply is shown' },
        () => shownConversation(client.frames, conversation).texts.at(-1) === 'The end',
      )
    assert.equal(await metric(gateway, 'konstruct_gateway_slow_readers_total{outcome="closed"}'), 0)
    await Promise.all([slow.close(), quick.close()])
    await gateway.stop()
  }).timeout(30_000)

  it('that asks for more and more without reading is closed with 1013', async () => {
    const gateway = await world.start({
      slowReaderBytes: 64 * 1024,
      stuckReaderBytes: 256 * 1024,
      framesPerSecond: 100_000,
    })
    const client = await world.client(gateway, tenant)
    const long = 'x'.repeat(16_000)
    const { conversation } = await client.sayAccepted(long)
    // Each answer to `subscribe` is then a third of a megabyte.
    for (let i = 0; i < 20; i++) await client.sayAccepted(long, { conversation })
    client.socket.pause()
    const isClosed = async (): Promise<boolean> =>
      (await metric(gateway, 'konstruct_gateway_slow_readers_total{outcome="closed"}')) > 0
    while (!(await isClosed())) for (let i = 0; i < 5; i++) client.subscribe(conversation)
    client.socket.resume()
    assert.equal((await client.untilClosed()).code, 1013)
    await gateway.stop()
  }).timeout(30_000)
})
