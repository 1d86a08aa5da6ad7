// Whether Kafka has the topics that every message goes through. There is a condition of it only while Kafka refuses to make
// them: then nothing is answered. While Kafka is only away nothing is known, and what is taken is answered later.
import { fails, type Finding } from '../finding.ts'
import type { Observed } from '../observe.ts'

const type = 'TopicsReady'

/** What an earlier operator said counts until Kafka has told this one something. */
const before = ({ tenant }: Observed): Finding | undefined => {
  const said = tenant?.object.status?.conditions?.find((condition) => condition.type === type)
  return said && fails(type, 'other', said)
}

export const checkTopics = (observed: Observed): Finding | undefined => {
  const { missingTopics } = observed
  if (missingTopics === undefined) return before(observed)
  if (missingTopics === null) return undefined
  const message = `Kafka refuses to create ${missingTopics}. No message is answered until it has the topics: ask for no more replicas than it has brokers, let the operator's user create topics, or create them yourself.`
  return fails(type, 'other', { reason: 'TopicsMissing', message })
}
