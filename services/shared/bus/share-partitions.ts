// How the partitions of a topic are shared among the consumers of a group: evenly, and with as few moves as possible,
// because the records that are being worked on are delivered again to whoever gets their partition. kafkajs' own
// assigner deals all partitions anew on every change of the group, so adding one consumer would disturb all others.

export interface Claim {
  readonly member: string
  /** The partitions that the member had until now. */
  readonly had: readonly number[]
}

/** Every partition goes to exactly one member, no member gets two more than another, and each keeps what it may. Pure. */
export const sharePartitions = (
  partitions: readonly number[],
  claims: readonly Claim[],
): ReadonlyMap<string, readonly number[]> => {
  const free = new Set(partitions)
  const floor = Math.floor(partitions.length / claims.length)
  const withOneMore = partitions.length % claims.length
  const byHoldings = claims.toSorted((a, b) => b.had.length - a.had.length || (a.member < b.member ? -1 : 1))
  const shares = byHoldings.map(({ member, had }, index) => ({
    member,
    had,
    quota: floor + (index < withOneMore ? 1 : 0),
    kept: [] as number[],
  }))
  for (const { had, quota, kept } of shares)
    for (const partition of had) if (kept.length < quota && free.delete(partition)) kept.push(partition)
  const rest = [...free]
  return new Map(
    shares.map(({ member, quota, kept }) => [
      member,
      [...kept, ...rest.splice(0, quota - kept.length)].toSorted((a, b) => a - b),
    ]),
  )
}
