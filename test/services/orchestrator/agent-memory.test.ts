import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { AgentMemory, type MemoryOf } from '../../../services/orchestrator/agent-memory.ts'
import { memoryShortKey } from '../../../services/shared/redis/keys.ts'
import { silentLog } from '../../../services/shared/runtime/log.ts'
import { saveReply } from '../../../services/shared/store/save-reply.ts'
import { freshRedis } from '../../support/fresh-redis.ts'
import { type FreshStore, freshStore } from '../../support/fresh-store.ts'
import { type OpenRedis, openRedisAt } from '../../support/open-redis.ts'
import { type TalkingTenant, talkingTenant } from '../../support/talking-tenant.ts'
import { waitUntil } from '../../support/wait-until.ts'

describe('The memory of an agent', () => {
  let store: FreshStore
  let open: OpenRedis
  let memory: AgentMemory
  let talk: TalkingTenant
  let of: MemoryOf

  before(async () => {
    store = await freshStore()
    open = await openRedisAt((await freshRedis()).url)
  })
  after(async () => {
    open.close()
    await store.close()
  })
  beforeEach(async () => {
    memory = new AgentMemory({ database: store.app, redis: open.redis, log: silentLog })
    talk = await talkingTenant(store)
    of = { tenant: talk.tenant, agent: 'support', user: 'ann', bounds: { exchanges: 3, ttlSeconds: 60 } }
  })

  /** An exchange that PostgreSQL knows; gives its turn. */
  const say = async (text: string): Promise<string> => {
    const ref = await talk.send({ text, conversation: randomUUID() })
    const { attempt } = await talk.claimed(ref)
    await saveReply(store.app, talk.aReply(ref, attempt, { text: `re: ${text}` }))
    return ref.turn
  }

  /** What the claim of the next turn brings. */
  const last = async (): Promise<string | null> => (await talk.claimed(await talk.send())).lastExchange

  const recalled = async (): Promise<readonly string[]> =>
    (await memory.recall(of, await last())).map(({ user }) => user)

  const rebuilt = () =>
    waitUntil(
      { until: 'the memory is in Redis' },
      async () => (await open.redis.list(memoryShortKey(of.tenant, of.agent, of.user))) !== null,
    )

  it('is empty before the first exchange', async () => {
    assert.deepEqual(await recalled(), [])
  })

  it('is rebuilt from PostgreSQL when Redis has nothing, within its bound', async () => {
    for (const text of ['one', 'two', 'three', 'four']) await say(text)
    assert.deepEqual(await recalled(), ['two', 'three', 'four'])
  })

  it('comes from Redis when that is whole', async () => {
    await say('one')
    await recalled()
    await rebuilt()
    const turn = await say('two')
    await memory.add(of, { turn, user: 'two, as Redis has it', reply: 'x' })
    assert.deepEqual(await recalled(), ['one', 'two, as Redis has it'])
  })

  it('is rebuilt when an exchange was saved and never added, as by a worker that died in between', async () => {
    await say('one')
    await recalled()
    await rebuilt()
    await say('two')
    assert.deepEqual(await recalled(), ['one', 'two'])
  })

  it('is none for an agent that remembers nothing', async () => {
    await say('one')
    of = { ...of, bounds: { ...of.bounds, exchanges: 0 } }
    assert.deepEqual(await recalled(), [])
  })
})
