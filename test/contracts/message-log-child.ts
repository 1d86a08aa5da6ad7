// A consumer to be killed: takes records, finishes none, and tells its parent how many it has.
import { createKafkaLog } from '../../services/shared/bus/kafka-log.ts'
import { silentLog } from '../../services/shared/runtime/log.ts'

const { BROKERS: brokers = '', TOPIC: topic = '' } = process.env

process.on('disconnect', () => process.exit())

let taken = 0
createKafkaLog({ log: silentLog }, { brokers: brokers.split(','), clientId: 'child' }).subscribe({
  topic,
  group: topic,
  window: 100,
  onRecord: () => {
    taken += 1
    process.send?.(taken)
  },
})
