// Brings Kafka's topics to what they should be: observe → plan → apply. Running it twice, or twice at once, does no harm.
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import type { Admin, DescribeConfigResponse } from 'kafkajs'
import type { TopicChange, TopicSpec } from './message-log.ts'
import { planTopics } from './plan-topics.ts'
import type { ObservedTopic, PlannedChange } from './plan-topics.ts'

// A CommonJS package: Node sees these two only on the whole module.
const { ConfigResourceTypes, ConfigSource } = kafkajs

/** How long a broker may tell of a topic as it was before, in milliseconds. */
const observedWithinMs = 5_000

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

/** Each partition has a leader. */
const areLed = async (admin: Admin, names: readonly string[]): Promise<boolean> => {
  const { topics } = await admin.fetchTopicMetadata({ topics: [...names] })
  return topics.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0))
}

/**
 * Waits until the broker tells of what was changed, which is some milliseconds after it took it: who asks again then finds
 * nothing to do. What it tells otherwise is left to that. kafkajs' own waiting fails when the broker has not heard of a
 * topic yet; the caller's time-out is the limit for that.
 */
const untilObserved = async (admin: Admin, changed: readonly TopicSpec[]): Promise<void> => {
  const names = changed.map(({ name }) => name)
  const giveUpAt = performance.now() + observedWithinMs
  const isObserved = async (): Promise<boolean> => {
    const missing = planTopics(changed, await observe(admin, names))
    if (missing.some(({ change }) => change === 'created')) return false
    return (missing.length === 0 || performance.now() > giveUpAt) && areLed(admin, names)
  }
  while (!(await isObserved())) await sleep(50)
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
  const changed = specs.filter((spec) => planned.some((change) => change.spec === spec))
  if (changed.length > 0) await untilObserved(admin, changed)
  return planned.map(({ topic, change, detail }) => ({ topic, change, detail }))
}
