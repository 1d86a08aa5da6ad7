// The message log on Kafka: the one thing of this folder that the composition of a service creates.
import type { Log } from '../runtime/log.ts'
import { createClientLog } from './client-log.ts'
import { ensureTopics } from './ensure-topics.ts'
import { clientRetry, createKafkaClient } from './kafka-client.ts'
import type { KafkaOptions } from './kafka-client.ts'
import { KafkaSubscription } from './kafka-subscription.ts'
import { measureLag } from './measure-lag.ts'
import type { MessageLog } from './message-log.ts'
import { Publisher } from './publisher.ts'
import { withAdmin } from './with-admin.ts'

const publishTimeoutMs = 10_000

/** A probe asks often and must not hang. */
const checkTimeoutMs = 3_000

/** And it must have the time to tell why: six tries of a broker that refuses us take as long as it has. */
const checkRetry = { ...clientRetry, retries: 2 }

/** Creating a topic waits for the leaders of all its partitions. */
const topicsTimeoutMs = 30_000

/** Connects to nothing until it is used, so a service can start before Kafka does. */
export const createKafkaLog = ({ log }: { readonly log: Log }, options: KafkaOptions): MessageLog => {
  const { tls, sasl } = options
  if (sasl?.mechanism === 'plain' && tls === undefined)
    log.warn('the password for kafka is sent in the clear', {
      reason: 'Set KONSTRUCT_KAFKA_TLS=true, or a SCRAM mechanism in KONSTRUCT_KAFKA_SASL_MECHANISM.',
    })
  const clientLog = createClientLog(log)
  const kafka = createKafkaClient(clientLog, options)
  const checked = createKafkaClient(clientLog, options, checkRetry)
  const publisher = new Publisher(kafka, options.publishTimeoutMs ?? publishTimeoutMs)
  const subscriptions = new Set<KafkaSubscription>()
  return {
    publish: (topic, records) => publisher.publish(topic, records),
    subscribe: (wanted) => {
      const subscription = new KafkaSubscription(
        {
          kafka,
          log,
          measureLag: ({ partitions }, { topic, group }) =>
            withAdmin(kafka, checkTimeoutMs, (admin) => measureLag(admin, { topic, group, partitions })),
        },
        wanted,
      )
      subscriptions.add(subscription)
      return subscription
    },
    ensureTopics: (topics) => withAdmin(kafka, topicsTimeoutMs, (admin) => ensureTopics(admin, topics)),
    check: () => withAdmin(checked, checkTimeoutMs, async (admin) => void (await admin.describeCluster())),
    close: async () => {
      await Promise.all([...subscriptions].map((subscription) => subscription.close({ drainMs: 0 })))
      await publisher.close()
    },
  }
}
