// The topics, named here and nowhere else. A prefix keeps the topics of one test or installation apart from another's.
import type { TopicSpec } from './message-log.ts'

export interface TopicNames {
  readonly turns: string
  readonly replies: string
  readonly deadLetters: string
}

export const topicNames = (prefix = ''): TopicNames => ({
  turns: `${prefix}konstruct.turns`,
  replies: `${prefix}konstruct.replies`,
  deadLetters: `${prefix}konstruct.dead-letters`,
})

interface TopicOptions {
  readonly prefix?: string
  /** Of turns and replies: the most consumers that can share the work. Raising it later moves keys to other partitions. */
  readonly partitions?: number
  readonly replication?: number
}

const dayMs = 24 * 60 * 60 * 1000

/**
 * What the operator makes of the topics. Records hold ids only, so keeping them a week costs little, and a week is what
 * Kafka keeps a group's offsets for; a dead letter waits for a person. Three replicas survive one broker without a pause
 * because two are enough to acknowledge.
 */
export const topicSpecs = ({ prefix, partitions = 32, replication = 1 }: TopicOptions): TopicSpec[] => {
  const names = topicNames(prefix)
  const config = (retentionDays: number): Record<string, string> => ({
    'cleanup.policy': 'delete',
    'retention.ms': String(retentionDays * dayMs),
    'min.insync.replicas': replication >= 3 ? '2' : '1',
    'unclean.leader.election.enable': 'false',
  })
  return [
    { name: names.turns, partitions, replication, config: config(7) },
    { name: names.replies, partitions, replication, config: config(7) },
    { name: names.deadLetters, partitions: 1, replication, config: config(30) },
  ]
}
