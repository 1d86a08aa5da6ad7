import { createKafkaLog } from '../../../../services/shared/bus/kafka-log.ts'
import { silentLog } from '../../../../services/shared/runtime/log.ts'
import { describeMessageLog } from '../../../contracts/message-log.ts'
import { freshTopicPrefix, kafka } from '../../../support/parts.ts'

describe('the message log on Kafka', function () {
  this.timeout(20_000)

  before(async function () {
    this.timeout(180_000)
    await kafka()
  })

  describeMessageLog({
    brokers: async () => (await kafka()).brokers,
    createLog: (brokers) => createKafkaLog({ log: silentLog }, { brokers, clientId: 'test' }),
    freshPrefix: freshTopicPrefix,
  })
})
