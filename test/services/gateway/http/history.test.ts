import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import type { ConversationSummary, Message } from '../../../../services/shared/domain/message.ts'
import { webJwtSecretName } from '../../../../services/shared/domain/tenant-config.ts'
import { aTenant } from '../../../support/a-tenant.ts'
import { ChatClient } from '../../../support/chat-client.ts'
import { gatewayWorld, type GatewayWorld, type TestGateway } from '../../../support/gateway-world.ts'
import { ask as askGateway, assertProblem, type Answer } from './ask-gateway.ts'

const providerSecret = 'a-shared-secret-of-at-least-32-bytes'

describe('History', () => {
  let world: GatewayWorld
  let gateway: TestGateway
  let tenant: string
  let token: string

  before(async () => {
    world = await gatewayWorld()
    gateway = await world.start()
    tenant = (await world.publish(aTenant())).tenant
    token = (await world.visitor(gateway, tenant)).token
  })

  after(() => world.end())

  const ask = (path: string, init: RequestInit & { as?: string | null } = {}): Promise<Answer> =>
    askGateway(gateway, path, { ...init, as: init.as === undefined ? token : init.as })

  const api = (path: string): string => `/v1/tenants/${tenant}${path}`

  let client: ChatClient
  let own: string

  before(async () => {
    const visitor = await world.visitor(gateway, tenant)
    own = visitor.token
    client = await ChatClient.connect({ url: gateway.url, tenant, token: own })
  })

  after(() => client.close())

  it('pages through conversations, newest first', async () => {
    const ids: string[] = []
    for (let i = 0; i < 5; i++) ids.unshift((await client.sayAccepted(`Question ${i}`)).conversation)
    const seen: ConversationSummary[] = []
    let cursor = ''
    do {
      const { body } = await ask(api(`/conversations?limit=2&cursor=${cursor}`), { as: own })
      const conversations = body['conversations'] as ConversationSummary[]
      assert.ok(conversations.length <= 2)
      seen.push(...conversations)
      cursor = (body['cursor'] as string | null) ?? ''
    } while (cursor !== '')
    assert.deepEqual(
      seen.map(({ id }) => id),
      ids,
    )
    const { agent, owner, title } = seen[0] ?? assert.fail()
    assert.deepEqual(
      { agent, owner, title },
      { agent: 'support', owner: { kind: 'agent', name: 'support' }, title: 'Question 4' },
    )
  })

  it('pages through messages backwards, oldest first within a page', async () => {
    const { conversation } = await client.sayAccepted('0')
    for (let i = 1; i < 5; i++) await client.sayAccepted(String(i), { conversation })
    const texts: string[] = []
    let before = ''
    do {
      const path = api(`/conversations/${conversation}/messages?limit=2&before=${before}`)
      const { body } = await ask(path, { as: own })
      texts.unshift(...(body['messages'] as Message[]).map(({ text }) => text))
      before = (body['before'] as string | null) ?? ''
    } while (before !== '')
    assert.deepEqual(texts, ['0', '1', '2', '3', '4'])
  })

  it('is empty for another visitor, to whom a conversation that is not theirs does not exist', async () => {
    const { conversation } = await client.sayAccepted('Mine')
    assert.deepEqual((await ask(api('/conversations'))).body, { conversations: [], cursor: null })
    const theirs = await ask(api(`/conversations/${conversation}/messages`))
    const missing = await ask(api(`/conversations/${randomUUID()}/messages`))
    assertProblem(theirs, 404, 'CONVERSATION_NOT_FOUND')
    assert.deepEqual(theirs.body, missing.body)
    assertProblem(await ask(api('/conversations/x%00y/messages')), 404, 'CONVERSATION_NOT_FOUND')
  })

  it('at another tenant is out of reach, even for a user of the same name', async () => {
    const auth = {
      jwt: { issuer: 'i', audience: 'a', userClaim: 'sub', rolesClaim: 'roles' },
    }
    const secrets = { [webJwtSecretName]: providerSecret }
    const [acme, globex] = await Promise.all([
      world.publish(aTenant({ auth, secrets })),
      world.publish(aTenant({ auth, secrets })),
    ])
    const ann = await new SignJWT({ sub: 'ann' })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer('i')
      .setAudience('a')
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(providerSecret))
    const atAcme = await ChatClient.connect({ url: gateway.url, tenant: acme.tenant, token: ann })
    const { conversation } = await atAcme.sayAccepted('Only for Acme')
    const path = `/v1/tenants/${globex.tenant}/conversations`
    assert.deepEqual((await ask(path, { as: ann })).body['conversations'], [])
    assertProblem(await ask(`${path}/${conversation}/messages`, { as: ann }), 404, 'CONVERSATION_NOT_FOUND')
    const atGlobex = await ChatClient.connect({ url: gateway.url, tenant: globex.tenant, token: ann })
    atGlobex.subscribe(conversation)
    await atGlobex.nextError('CONVERSATION_NOT_FOUND')
    // The same ids at another tenant are another conversation.
    await atGlobex.sayAccepted('Only for Globex', { conversation })
    await atAcme.sayAccepted('Again for Acme', { conversation })
    const texts = async (name: string) =>
      (
        (await ask(`/v1/tenants/${name}/conversations/${conversation}/messages`, { as: ann })).body[
          'messages'
        ] as Message[]
      ).map(({ text }) => text)
    assert.deepEqual(await texts(acme.tenant), ['Only for Acme', 'Again for Acme'])
    assert.deepEqual(await texts(globex.tenant), ['Only for Globex'])
    assert.ok(!JSON.stringify(atAcme.frames).includes('Globex'))
    await Promise.all([atAcme.close(), atGlobex.close()])
  })

  it('refuses limits and cursors that are none', async () => {
    const bad = [
      '?limit=0',
      '?limit=101',
      '?limit=-1',
      '?limit=1e1',
      '?limit=10&limit=20',
      '?limit[$gt]=1',
      '?cursor=x',
      `?cursor=${'a'.repeat(500)}`,
      '?cursor=a&cursor=b',
    ]
    for (const query of bad.filter((one) => !one.includes('[')))
      assertProblem(await ask(api(`/conversations${query}`)), 400, 'REQUEST_INVALID')
    assert.equal((await ask(api('/conversations?limit[$gt]=1'))).status, 200)
    const { conversation } = await client.sayAccepted('Hello')
    for (const before of ['x', '1e9', '-1', '9'.repeat(30)])
      assertProblem(
        await ask(api(`/conversations/${conversation}/messages?before=${before}`), { as: own }),
        400,
        'REQUEST_INVALID',
      )
  })
})
