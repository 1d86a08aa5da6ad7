import assert from 'node:assert/strict'
import type { Kafka } from 'kafkajs'
import { createClientLog } from '../../../../services/shared/bus/client-log.ts'
import { clientRetry, createKafkaClient } from '../../../../services/shared/bus/kafka-client.ts'
import { createKafkaLog } from '../../../../services/shared/bus/kafka-log.ts'
import { Publisher } from '../../../../services/shared/bus/publisher.ts'
import { silentLog } from '../../../../services/shared/runtime/log.ts'
import { freshTopicPrefix, kafka as sharedKafka } from '../../../support/parts.ts'

describe('a publisher', function () {
  this.timeout(30_000)

  it('keeps its connections, on which others wait for their answers, when Kafka refuses what one of them publishes', async () => {
    const { brokers } = await sharedKafka()
    const prefix = freshTopicPrefix()
    // Of a topic that is not there Kafka says what it says of a partition that has no leader: not now.
    const [open, absent] = [`${prefix}open`, `${prefix}absent`]
    const log = createKafkaLog({ log: silentLog }, { brokers, clientId: 'test' })
    await log.ensureTopics([{ name: open, partitions: 1, replication: 1, config: {} }])
    await log.close()
    // Few tries of kafkajs, so that none is under way any more at the end.
    const client = createKafkaClient(
      createClientLog(silentLog),
      { brokers, clientId: 'test' },
      { ...clientRetry, retries: 1 },
    )
    let producers = 0
    const counted = {
      producer: (...options: Parameters<Kafka['producer']>) => {
        producers += 1
        return client.producer(...options)
      },
    }
    const publisher = new Publisher(counted as Kafka, 1_500)
    const publish = (topic: string) => publisher.publish(topic, [{ key: topic, value: '' }])
    await publish(open)
    await assert.rejects(publish(absent), { code: 'BUS_UNAVAILABLE' })
    await publish(open)
    await publisher.close()
    assert.equal(producers, 1)
  })
})
