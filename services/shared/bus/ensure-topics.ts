// Brings Kafka's topics to what they should be: observe → plan → apply. Running it twice, or twice at once, does no harm.
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import type { Admin, DescribeConfigResponse } from 'kafkajs'
import type { TopicChange, TopicSpec } from './message-log.ts'
import { planTopics } from './plan-topics.ts'
import type { ObservedTopic, PlannedChange } from './plan-topics.ts'

// A CommonJS package: Node sees these two only on the whole module.
const { ConfigResourceTypes, ConfigSource } = kafkajs

type Resource = DescribeConfigResponse['resources'][number]

const settings = (entries: Resource['configEntries']): Record<string, string> =>
  Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]))

const observe = async (admin: Admin, names: readonly string[]): Promise<ObservedTopic[]> => {
  const all = await admin.listTopics()
  const existing = names.filter((name) => all.includes(name))
  if (existing.length === 0) return []
  const { topics } = await admin.fetchTopicMetadata({ topics: existing })
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: existing.map((name) => ({ type: ConfigResourceTypes.TOPIC, name })),
  })
  return topics.map(({ name, partitions }) => {
    const entries = resources.find(({ resourceName }) => resourceName === name)?.configEntries ?? []
    const own = entries.filter(({ configSource }) => configSource === ConfigSource.TOPIC_CONFIG)
    return { name, partitions: partitions.length, overrides: settings(own), effective: settings(entries) }
  })
}

const configEntries = (config: Readonly<Record<string, string>>) =>
  Object.entries(config).map(([name, value]) => ({ name, value }))

const apply = async (admin: Admin, { change, spec, overrides }: PlannedChange): Promise<void> => {
  const { name, partitions, replication } = spec
  switch (change) {
    case 'created':
      await admin.createTopics({
        waitForLeaders: false,
        topics: [
          {
            topic: name,
            numPartitions: partitions,
            replicationFactor: replication,
            configEntries: configEntries(overrides),
          },
        ],
      })
      return
    case 'partitions-added':
      await admin.createPartitions({ topicPartitions: [{ topic: name, count: partitions }] })
      return
    case 'configured':
      await admin.alterConfigs({
        validateOnly: false,
        resources: [{ type: ConfigResourceTypes.TOPIC, name, configEntries: configEntries(overrides) }],
      })
      return
  }
}

/**
 * Waits until the broker knows the created topics and their leaders. kafkajs' own waiting fails when the broker has not
 * heard of the topic yet, which is so for some milliseconds. The caller's time-out is the limit.
 */
const untilLed = async (admin: Admin, names: readonly string[]): Promise<void> => {
  const isLed = async (): Promise<boolean> => {
    const all = await admin.listTopics()
    if (!names.every((name) => all.includes(name))) return false
    const { topics } = await admin.fetchTopicMetadata({ topics: [...names] })
    return topics.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0))
  }
  while (!(await isLed())) await sleep(50)
}

/** Creates, extends and repairs the topics; says what it did. */
export const ensureTopics = async (
  admin: Admin,
  specs: readonly TopicSpec[],
): Promise<readonly TopicChange[]> => {
  const observed = await observe(
    admin,
    specs.map(({ name }) => name),
  )
  const planned = planTopics(specs, observed)
  for (const change of planned) await apply(admin, change)
  const created = planned.filter(({ change }) => change === 'created').map(({ topic }) => topic)
  if (created.length > 0) await untilLed(admin, created)
  return planned.map(({ topic, change, detail }) => ({ topic, change, detail }))
}
