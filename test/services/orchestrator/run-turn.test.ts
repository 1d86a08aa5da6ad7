import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readMessages } from '../../../services/shared/store/history.ts'
import { publishState } from '../../../services/shared/store/publish-tenant.ts'
import { memoryShortKey } from '../../../services/shared/redis/keys.ts'
import { readSession } from '../../../services/shared/redis/session-state.ts'
import { recall } from '../../../services/shared/redis/short-memory.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { sayHello } from './scripted-model.ts'
import { Stage, type TenantChanges, writtenText } from './stage.ts'

describe('A turn, end to end', function () {
  // Whole turns on real parts, on a machine that may be busy.
  this.timeout(60_000)
  let stage: Stage
  before(async () => {
    stage = await Stage.set()
    await stage.start()
  })
  after(() => stage.strike())
  beforeEach(async () => {
    stage.model.script = sayHello
    stage.model.asked.length = 0
    await stage.publish()
  })

  /** Words that the model was given, of one role. */
  const heard = (role: string): readonly string[] =>
    (stage.model.asked.at(-1)?.messages ?? [])
      .filter((message) => message.role === role)
      .map(({ content }) => content)

  /** Publishes, and waits until a turn was told the new instructions. */
  const followed = async (changes: TenantChanges & { readonly instructions: string }): Promise<void> => {
    await stage.publish(changes)
    await waitUntil({ until: 'the edit counts', deadlineMs: 30_000 }, async () => {
      await stage.ended(await stage.send())
      return heard('system')[0] === changes.instructions
    })
  }

  it('streams the reply, saves it once and announces it whole', async () => {
    const ref = await stage.send()
    const turn = await stage.ended(ref)
    assert.deepEqual(turn, { state: 'answered', code: null, attempt: 1, inputTokens: 11, outputTokens: 7 })
    assert.deepEqual(await stage.replies(ref), [{ text: 'Hello', finish: 'complete' }])
    const events = await stage.events(ref)
    const shape = events.map((event) => (event.kind === 'state' ? event.state : event.kind))
    assert.deepEqual(shape.slice(0, 4), ['message', 'thinking', 'writing', 'delta'])
    assert.deepEqual(shape.slice(-2), ['message', 'answered'])
    assert.equal(writtenText(events), 'Hello')
    await waitUntil({ until: 'the turn is closed' }, async () => (await stage.open()) === 0)
  })

  it('shows the question first, as it is stored, where whoever stored it did not come to that', async () => {
    const { conversation, ...ref } = await stage.send()
    await stage.ended({ conversation, ...ref })
    const [first] = await stage.events({ conversation, ...ref })
    const reader = { tenant: stage.tenant, user: 'ann' }
    const { messages } = await readMessages(stage.store.app, reader, conversation, { limit: 10 })
    assert.deepEqual(first, { kind: 'message', message: messages[0] })
  })

  it('notes what the conversation is doing', async () => {
    const ref = await stage.send()
    await stage.ended(ref)
    const session = await waitUntil({ until: 'the session is noted' }, async () => {
      const noted = await readSession(stage.redis.redis, ref.tenant, ref.conversation)
      return noted?.state === 'answered' ? noted : undefined
    })
    assert.deepEqual([session.turn, session.agent, session.attempt], [ref.turn, 'support', 1])
  })

  it('gives the model the key of its own tenant, and to another tenant none of it', async () => {
    const other = `tenant-${randomUUID().slice(0, 8)}`
    await stage.publish({ tenant: other, instructions: 'Of another.', apiKey: null })
    await stage.ended(await stage.send({ text: 'a secret of the first' }))
    assert.equal(stage.model.asked.at(-1)?.authorization, `Bearer key-of-${stage.tenant}`)
    await stage.ended(await stage.send({ tenant: other }))
    const asked = stage.model.asked.at(-1)
    assert.equal(asked?.authorization, 'Bearer none')
    assert.doesNotMatch(
      JSON.stringify(asked.body),
      new RegExp(`secret of the first|Answer briefly|${stage.tenant}`),
    )
  })

  it('runs the turns of a conversation one after the other, each with what was said before', async () => {
    const conversation = randomUUID()
    const user = 'user-of-order'
    const texts = ['one', 'two', 'three', 'four', 'five']
    const refs = []
    for (const text of texts) refs.push(await stage.send({ conversation, user, text }))
    for (const ref of refs) assert.equal((await stage.ended(ref)).state, 'answered')
    assert.deepEqual(
      stage.model.asked.map(({ messages }) => messages.at(-1)?.content),
      texts,
    )
    assert.deepEqual(heard('user'), texts)
  })

  it('remembers over conversations, per user, no more than the agent is given', async () => {
    await followed({ memory: { maxMessages: 4, ttl: '1h' }, instructions: 'Of short memory.' })
    for (const text of ['one', 'two', 'three']) await stage.ended(await stage.send({ user: 'mem', text }))
    await stage.ended(await stage.send({ user: 'mem', text: 'four' }))
    assert.deepEqual(heard('user'), ['two', 'three', 'four'])
    await stage.ended(await stage.send({ user: 'someone-else', text: 'hi' }))
    assert.deepEqual(heard('user'), ['hi'])
  })

  it('rebuilds its memory from PostgreSQL when Redis has lost it', async () => {
    await followed({ instructions: 'Of long memory.' })
    const user = 'forgotten'
    const key = memoryShortKey(stage.tenant, 'support', user)
    for (const text of ['one', 'two']) await stage.ended(await stage.send({ user, text }))
    await stage.redis.redis.remove([key])
    await stage.ended(await stage.send({ user, text: 'three' }))
    assert.deepEqual(heard('user'), ['one', 'two', 'three'])
    const remembered = await waitUntil({ until: 'the memory is whole' }, async () => {
      const exchanges = await recall(stage.redis.redis, key)
      return exchanges?.length === 3 ? exchanges : undefined
    })
    assert.deepEqual(
      remembered.map(({ user: said, reply }) => [said, reply]),
      ['one', 'two', 'three'].map((text) => [text, 'Hello']),
    )
  })

  it('uses an edited instruction for the next turns', async () => {
    await stage.ended(await stage.send())
    await followed({ instructions: 'Speak like a pirate.' })
  })

  it('fails a turn visibly when its agent is gone', async () => {
    await stage.publish({ agents: ['other'] })
    await waitUntil({ until: 'the agent is gone' }, async () => {
      const turn = await stage.ended(await stage.send())
      return turn.state === 'failed' && turn.code === 'AGENT_NOT_FOUND'
    })
  })

  it('fails a turn visibly when its tenant was suspended, and answers as soon as it is not', async () => {
    await publishState(stage.store.operator, stage.tenant, 'suspended')
    const failed = await waitUntil({ until: 'the suspension counts' }, async () => {
      const ref = await stage.send()
      return (await stage.ended(ref)).code === 'TENANT_SUSPENDED' ? ref : undefined
    })
    assert.deepEqual(await stage.replies(failed), [{ text: '', finish: 'failed' }])
    await publishState(stage.store.operator, stage.tenant, 'active')
    assert.equal((await stage.ended(await stage.send())).state, 'answered')
  })

  it('answers for a tenant that it has not heard of yet', async () => {
    const tenant = `tenant-${randomUUID().slice(0, 8)}`
    await stage.publish({ tenant })
    assert.equal((await stage.ended(await stage.send({ tenant }))).state, 'answered')
  })

  it('does nothing for a turn that is told again after it was answered', async () => {
    const ref = await stage.send()
    await stage.ended(ref)
    await stage.tell(ref)
    await stage.tell(ref)
    await stage.ended(await stage.send({ conversation: ref.conversation }))
    assert.equal(stage.model.asked.length, 2)
    assert.equal((await stage.replies(ref)).length, 1)
    assert.equal((await stage.turn(ref)).attempt, 1)
  })

  it('takes up a turn that was stored but never told to Kafka', async () => {
    const ref = await stage.send({ publish: false })
    await stage.store.operator.acrossTenants((tx) =>
      tx.query(`update konstruct.open_turns set enqueued_at = now() - interval '10 s' where turn_id = $1`, [
        ref.turn,
      ]),
    )
    assert.equal((await stage.ended(ref)).state, 'answered')
  })
})
