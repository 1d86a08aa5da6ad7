// Whether Kafka has the topics that every message goes through. There is a condition of it only while Kafka refuses to make
// them: then nothing is answered. While Kafka is only away nothing is known, and what is taken is answered later.
import { fails, type Finding } from '../finding.ts'
import type { Observed } from '../observe.ts'

export const checkTopics = ({ missingTopics }: Observed): Finding | undefined =>
  missingTopics === undefined
    ? undefined
    : fails('TopicsReady', 'other', {
        reason: 'TopicsMissing',
        message: `Kafka refuses to create ${missingTopics}. No message is answered until it has the topics: ask for no more replicas than it has brokers, let the operator's user create topics, or create them yourself.`,
      })
