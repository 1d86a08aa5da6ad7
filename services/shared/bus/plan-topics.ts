// What must be done so that Kafka's topics are as they should be. Pure: compares what is with what is wanted.
import type { TopicChange, TopicSpec } from './message-log.ts'

export interface ObservedTopic {
  readonly name: string
  readonly partitions: number
  /** The settings that were made for this topic, without Kafka's and the broker's defaults. */
  readonly overrides: Readonly<Record<string, string>>
  /** All settings as they are in force. */
  readonly effective: Readonly<Record<string, string>>
}

/** A change together with the topic as it should be afterwards. */
export interface PlannedChange extends TopicChange {
  readonly spec: TopicSpec
  /** For `configured`: all overrides, because Kafka drops those that are not named. */
  readonly overrides: Readonly<Record<string, string>>
}

const planTopic = (spec: TopicSpec, observed: ObservedTopic | undefined): PlannedChange[] => {
  const { name: topic, partitions, config } = spec
  if (observed === undefined) {
    const detail = `${partitions} partitions, ${spec.replication} replicas`
    return [{ topic, change: 'created', detail, spec, overrides: config }]
  }
  const changes: PlannedChange[] = []
  const overrides = { ...observed.overrides, ...config }
  if (observed.partitions < partitions) {
    const detail = `${observed.partitions} → ${partitions} partitions`
    changes.push({ topic, change: 'partitions-added', detail, spec, overrides })
  }
  const different = Object.entries(config).filter(([name, value]) => observed.effective[name] !== value)
  if (different.length > 0) {
    const detail = different
      .map(([name, value]) => `${name} ${observed.effective[name]} → ${value}`)
      .join(', ')
    changes.push({ topic, change: 'configured', detail, spec, overrides })
  }
  return changes
}

export const planTopics = (
  specs: readonly TopicSpec[],
  observed: readonly ObservedTopic[],
): readonly PlannedChange[] =>
  specs.flatMap((spec) =>
    planTopic(
      spec,
      observed.find(({ name }) => name === spec.name),
    ),
  )
