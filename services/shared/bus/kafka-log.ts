// The message log on Kafka: the one thing of this folder that the composition of a service creates.
import type { Log } from '../runtime/log.ts'
import { ensureTopics } from './ensure-topics.ts'
import { createKafkaClient } from './kafka-client.ts'
import type { KafkaOptions } from './kafka-client.ts'
import { KafkaSubscription } from './kafka-subscription.ts'
import { measureLag } from './measure-lag.ts'
import type { MessageLog } from './message-log.ts'
import { Publisher } from './publisher.ts'
import { withAdmin } from './with-admin.ts'

const publishTimeoutMs = 10_000

/** A probe asks often and must not hang. */
const checkTimeoutMs = 3_000

/** Creating a topic waits for the leaders of all its partitions. */
const topicsTimeoutMs = 30_000

/** Connects to nothing until it is used, so a service can start before Kafka does. */
export const createKafkaLog = ({ log }: { readonly log: Log }, options: KafkaOptions): MessageLog => {
  const kafka = createKafkaClient(log, options)
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
    check: () => withAdmin(kafka, checkTimeoutMs, async (admin) => void (await admin.describeCluster())),
    close: async () => {
      await Promise.all([...subscriptions].map((subscription) => subscription.close({ drainMs: 0 })))
      await publisher.close()
    },
  }
}
