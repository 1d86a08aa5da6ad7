// Two tenants side by side, two visitors each, and a word that only one tenant knows in all that is said there. It must be
// in nothing of the other's, and what people say must be in PostgreSQL, in Redis and at the model, and nowhere else.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { createKafkaLog } from '../../services/shared/bus/kafka-log.ts'
import { topicNames } from '../../services/shared/bus/topics.ts'
import { silentLog } from '../../services/shared/runtime/log.ts'
import { ChatClient } from '../support/chat-client.ts'
import { waitUntil } from '../support/wait-until.ts'
import type { Person, Said } from './person.ts'
import { Platform, type TalkingTenant } from './platform.ts'
import { assertOneReply } from './told.ts'

interface Side extends TalkingTenant {
  readonly canary: string
  readonly people: readonly Person[]
  readonly said: Said[]
}

const turnsEach = 3

describe('I4: two tenants', function () {
  this.timeout(60_000)
  let platform: Platform
  let sides: readonly [Side, Side]

  const settle = async (canary: string): Promise<Side> => {
    const talking = await platform.tenant({ canary, instructions: `You know ${canary}.` })
    const people = await Promise.all([0, 1].map((gateway) => platform.person(talking.tenant, gateway)))
    return { ...talking, canary, people, said: [] }
  }

  const talk = async ({ people, canary, model, said }: Side): Promise<void> => {
    for (const [n, person] of people.entries()) {
      const conversation = randomUUID()
      for (let turn = 0; turn < turnsEach; turn += 1) {
        const one = person.say(`${canary} from ${n}, ${turn}`, conversation)
        await assertOneReply(person, one, model)
        said.push(one)
      }
    }
  }

  before(async function () {
    this.timeout(180_000)
    platform = await Platform.start({ gateways: 2, orchestrators: 2 })
    sides = [await settle('nightingale'), await settle('woodpecker')]
    await Promise.all(sides.map(talk))
  })
  after(() => platform.end())

  const eachWay = (): readonly (readonly [own: Side, other: Side])[] => [
    [sides[0], sides[1]],
    [sides[1], sides[0]],
  ]

  /** A canary that is in no artefact at all would prove nothing. */
  const assertOnlyOwn = (artefact: string, own: Side, other: Side): void => {
    assert.ok(artefact.includes(own.canary))
    assert.ok(!artefact.includes(other.canary))
  }

  it('get nothing of each other over their sockets, and one visitor nothing of the other’s', () => {
    for (const [own, other] of eachWay()) {
      for (const person of own.people) assertOnlyOwn(person.received.join('\n'), own, other)
      const [first, second] = own.people.map((person) => person.received.join('\n'))
      assert.ok(first?.includes('from 0') && !first.includes('from 1'))
      assert.ok(second?.includes('from 1') && !second.includes('from 0'))
    }
  })

  it('get nothing of each other as history', async () => {
    for (const [own, other] of eachWay())
      for (const person of own.people) {
        const list = await (await person.get('conversations')).text()
        const histories = await Promise.all([...person.views.keys()].map((id) => person.history(id)))
        assertOnlyOwn(list, own, other)
        assertOnlyOwn(JSON.stringify(histories), own, other)
        assert.equal((JSON.parse(list) as { conversations: unknown[] }).conversations.length, 1)
      }
  })

  it('have keys of their own in Redis, with nothing of each other, and every key goes by itself', async () => {
    const client = new Redis(platform.redis.url)
    const keys = await client.keys('*')
    const values = new Map<string, string>()
    for (const key of keys) {
      values.set(key, JSON.stringify(await readKey(client, key)))
      assert.ok((await client.ttl(key)) > 0, `${key} has a time to live`)
    }
    client.disconnect()
    for (const [own, other] of eachWay()) {
      const ownKeys = keys.filter((key) => key.startsWith(`${own.tenant}:`))
      assertOnlyOwn(ownKeys.map((key) => `${key} ${values.get(key)}`).join('\n'), own, other)
    }
    assert.ok(keys.every((key) => sides.some(({ tenant }) => key.startsWith(`${tenant}:`))))
    assert.ok(!keys.join('\n').includes('nightingale') && !keys.join('\n').includes('woodpecker'))
  })

  it('put only ids into Kafka', async () => {
    const turns = sides.flatMap(({ said }) => said.map(({ accepted }) => accepted?.turn ?? ''))
    const records = await readTopics(turns.length)
    for (const turn of turns) assert.ok(records.includes(turn))
    assertNothingSaid(records)
  })

  it('are not heard in any log, however much is logged', () => {
    const { logs } = platform
    for (const { tenant } of sides) assert.ok(logs.includes(tenant), 'there are lines about the tenant')
    assertNothingSaid(logs)
    for (const { people } of sides) for (const { token } of people) assert.ok(!logs.includes(token))
  })

  it('meet only their own model, which is told nothing of the other', () => {
    for (const [own, other] of eachWay()) {
      assertOnlyOwn(own.model.requests, own, other)
      assert.equal(own.model.calls.length, own.people.length * turnsEach)
    }
    // Two visitors of one agent are two memories.
    for (const { model } of sides)
      for (const body of JSON.parse(model.requests) as unknown[])
        assert.ok(!/from 0[^]*from 1|from 1[^]*from 0/.test(JSON.stringify(body)))
  })

  it('refuse each other’s tokens, as if they were nobody’s', async () => {
    for (const [own, other] of eachWay())
      for (const { url } of platform.gateways) {
        const token = other.people[0]?.token ?? ''
        const refused = await ChatClient.refused({ url, tenant: own.tenant, token })
        assert.equal(refused.status, 401)
        const headers = { authorization: `Bearer ${token}` }
        assert.equal((await fetch(`${url}/v1/tenants/${own.tenant}/conversations`, { headers })).status, 401)
      }
  })

  it('have conversations and turns that are not there for anyone else', async () => {
    const strangers = sides.flatMap((side, n) => {
      const [mine, theirs] = [side.people[0], sides[1 - n]?.people[0]]
      const [neighbour] = side.people.slice(1)
      return [
        { stranger: theirs, owner: mine },
        { stranger: neighbour, owner: mine },
      ]
    })
    for (const { stranger, owner } of strangers) {
      assert.ok(stranger && owner)
      const [conversation = ''] = owner.views.keys()
      const turn = owner.said[0]?.accepted?.turn ?? ''
      await assertNotThere(stranger, conversation, turn)
      assert.equal((await owner.history(conversation)).length, 2 * turnsEach)
    }
  })

  /** The same answer as for an id that nobody has. */
  const assertNotThere = async (stranger: Person, conversation: string, turn: string): Promise<void> => {
    const nobodys = randomUUID()
    const answers = await Promise.all(
      [conversation, nobodys].map(async (id) => {
        const response = await stranger.get(`conversations/${id}/messages`)
        return [response.status, (await response.text()).replaceAll(id, '')]
      }),
    )
    assert.equal(answers[0]?.[0], 404)
    assert.deepEqual(answers[0], answers[1])
    const client = await ChatClient.connect({
      url: stranger.gateway,
      tenant: stranger.tenant,
      token: stranger.token,
    })
    for (const id of [conversation, nobodys]) {
      client.subscribe(id)
      await client.nextError('CONVERSATION_NOT_FOUND')
      client.send({ type: 'stop', conversation: id, turn })
      await client.nextError('CONVERSATION_NOT_FOUND')
    }
    await assertNoWayIn(client, stranger, conversation)
    await client.close()
  }

  /** Within a tenant the id is taken; at another tenant the same id is another conversation, and empty. */
  const assertNoWayIn = async (client: ChatClient, { tenant, user }: Person, conversation: string) => {
    const { id } = client.say('let me in', { conversation })
    const answer = await waitUntil({ until: 'the send is answered' }, () =>
      client.frames.find((frame) => 'id' in frame && frame.id === id),
    )
    const isNeighbour = sides.some(
      (side) => side.tenant === tenant && side.people[0]?.views.has(conversation),
    )
    if (isNeighbour) {
      assert.equal(answer.type === 'error' && answer.code, 'CONVERSATION_NOT_FOUND', user)
      return
    }
    assert.equal(answer.type, 'accepted')
    const subscribed = await client.next('subscribed', (frame) => frame.conversation === conversation)
    assert.deepEqual(subscribed.messages, [])
  }

  const assertNothingSaid = (artefact: string): void => {
    for (const { canary } of sides) assert.ok(!artefact.includes(canary))
  }

  const readKey = async (client: Redis, key: string): Promise<unknown> => {
    const type = await client.type(key)
    if (type === 'stream') return client.xrange(key, '-', '+')
    if (type === 'list') return client.lrange(key, 0, -1)
    if (type === 'hash') return client.hgetall(key)
    assert.equal(type, 'string', `${key} is of a type that this test reads`)
    return client.get(key)
  }

  /** Everything in all topics, from their beginning, as text. */
  const readTopics = async (atLeast: number): Promise<string> => {
    const log = createKafkaLog({ log: silentLog }, { brokers: platform.brokers, clientId: 'test' })
    const records: string[] = []
    for (const topic of Object.values(topicNames(platform.prefix))) {
      const group = `${platform.prefix}reader-${randomUUID()}`
      const subscription = log.subscribe({
        topic,
        group,
        window: 1_000,
        onRecord: (record) => {
          records.push(JSON.stringify({ ...record, value: record.value.toString('latin1') }))
          subscription.finished(record)
        },
      })
    }
    await waitUntil({ until: 'all turns are read', deadlineMs: 30_000 }, () => records.length >= atLeast)
    await log.close()
    return records.join('\n')
  }
})
