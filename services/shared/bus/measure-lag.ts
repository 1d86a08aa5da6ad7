// The lag of the partitions that a subscription has: from the end of the log back to what the group has committed.
import type { Admin } from 'kafkajs'
import type { PartitionLag } from './message-log.ts'

interface LagOptions {
  readonly topic: string
  readonly group: string
  readonly partitions: readonly number[]
}

export const measureLag = async (
  admin: Admin,
  { topic, group, partitions }: LagOptions,
): Promise<readonly PartitionLag[]> => {
  const ends = await admin.fetchTopicOffsets(topic)
  const [committed] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
  const next = new Map(committed?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]))
  return ends
    .filter(({ partition }) => partitions.includes(partition))
    .map(({ partition, high, low }) => {
      const from = next.get(partition) ?? -1n
      // -1: nothing was committed yet, so everything that is still there is to be read.
      return { partition, records: Number(BigInt(high) - (from < 0n ? BigInt(low) : from)) }
    })
}
