import assert from 'node:assert/strict'
import { decodeDeadLetter, type DeadLetter } from '../../../services/shared/bus/codecs/dead-letter-v1.ts'
import { encodeTurn } from '../../../services/shared/bus/codecs/turn-v1.ts'
import { topicNames, type TopicNames } from '../../../services/shared/bus/topics.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { Stage } from './stage.ts'

describe('Records of Kafka', function () {
  // Whole turns on real parts, on a machine that may be busy.
  this.timeout(30_000)
  let stage: Stage
  let topics: TopicNames
  before(async () => {
    stage = await Stage.set()
    topics = topicNames(stage.environment['KONSTRUCT_TOPIC_PREFIX'])
    await stage.start()
  })
  after(() => stage.strike())

  it('that cannot be read are put among the dead letters, whole unless they are huge, and hold up nothing', async () => {
    const good = encodeTurn({
      tenant: stage.tenant,
      conversation: '00000000-0000-4000-8000-000000000000',
      turn: '00000000-0000-4000-8000-000000000001',
      enqueuedAt: 1,
    })
    const bad = [
      { key: good.key, value: 'no json' },
      { key: 'globex/other', value: good.value, headers: { tenant: stage.tenant } },
    ]
    // With its bytes as base64 its dead letter would be larger than what Kafka takes.
    const large = { key: 'large', value: Buffer.alloc(1_000_000) }
    await stage.bus.publish(topics.turns, [large])
    await stage.bus.publish(topics.turns, bad)
    const ref = await stage.send()
    assert.equal((await stage.ended(ref)).state, 'answered')
    const letters: DeadLetter[] = []
    const subscription = stage.bus.subscribe({
      topic: topics.deadLetters,
      group: `${topics.deadLetters}-test`,
      window: 10,
      onRecord: (record) => letters.push(decodeDeadLetter(record)),
    })
    await waitUntil({ until: 'all are buried', deadlineMs: 15_000 }, () => letters.length === 3)
    await subscription.close({ drainMs: 0 })
    assert.deepEqual(
      new Set(letters.map(({ original, code }) => `${code} ${original.key} ${original.value.toString()}`)),
      new Set(
        [...bad, { ...large, value: '' }].map(
          ({ key, value }) => `RECORD_INVALID ${key} ${value.toString()}`,
        ),
      ),
    )
  })

  it('of a turn that is not there are done with', async () => {
    const ref = {
      tenant: stage.tenant,
      conversation: '00000000-0000-4000-8000-000000000000',
      turn: '00000000-0000-4000-8000-000000000002',
    }
    await stage.tell(ref)
    const next = await stage.send({ conversation: ref.conversation })
    assert.equal((await stage.ended(next)).state, 'answered')
  })
})
