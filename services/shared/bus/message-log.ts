// The port to Kafka: what the rest of the project knows of it. Delivery is at least once and in order per key; a
// record is delivered again only when its consumer ends, or loses the partition, before the record is finished.
//
// A consumer never works inside `onRecord`: it takes the record, returns at once, and calls `finished` later, in any
// order. Offsets are committed at the highest contiguous finished record of each partition.

/** Headers of a record. Text only: whatever needs more belongs in the value. */
export type LogHeaders = Readonly<Record<string, string>>

export interface OutgoingRecord {
  /** Decides the partition; records of one key keep the order in which they were published. */
  readonly key: string
  readonly value: Buffer | string
  readonly headers?: LogHeaders
}

export interface LogRecord {
  readonly topic: string
  readonly partition: number
  /** A 64-bit number in decimal. */
  readonly offset: string
  /** `null`: published without a key, so not by us. */
  readonly key: string | null
  readonly value: Buffer
  readonly headers: LogHeaders
  /** When it was published, in milliseconds since 1970. */
  readonly timestamp: number
}

export interface SubscribeOptions {
  readonly topic: string
  readonly group: string
  /**
   * How many unfinished records of one partition are taken at most; then it is paused until more than half are finished. It is
   * paused, too, while too many that are finished wait for their commit behind one that is not.
   */
  readonly window: number
  /** Takes the record and returns at once. Must not throw: what can't be read belongs among the dead letters. */
  readonly onRecord: (record: LogRecord) => void
  readonly onAssigned?: (partitions: readonly number[]) => void
  /** These partitions belong to another consumer now. Their records may still be worked on; the log ignores how they end. */
  readonly onRevoked?: (partitions: readonly number[]) => void | Promise<void>
}

export interface PartitionLag {
  readonly partition: number
  /** Records that are not finished: waiting in the log or being worked on. */
  readonly records: number
}

/** A subscription connects by itself, and again and again, until it is closed. */
export interface Subscription {
  /** Whether it is a member of its group at the moment: what readiness asks. */
  readonly joined: boolean
  /** Marks a record as finished. It must be the very object that `onRecord` got; of a revoked partition it is ignored. */
  finished(record: LogRecord): void
  /** The lag of the partitions that this subscription has. @throws KonstructError `BUS_UNAVAILABLE` */
  lag(): Promise<readonly PartitionLag[]>
  /** Takes no more records, waits up to `drainMs` for the unfinished ones, commits and leaves the group. */
  close(options: { readonly drainMs: number }): Promise<void>
}

export interface TopicSpec {
  readonly name: string
  readonly partitions: number
  readonly replication: number
  /** Kafka's own names and values, such as `retention.ms`. */
  readonly config: Readonly<Record<string, string>>
}

export interface TopicChange {
  readonly topic: string
  readonly change: 'created' | 'partitions-added' | 'configured'
  /** What was changed, as text for a log or an event. */
  readonly detail: string
}

export interface MessageLog {
  /**
   * Resolves when all in-sync replicas have the records.
   * @throws KonstructError `BUS_UNAVAILABLE` within the publish time-out (10 s unless set). The records may be there all
   *   the same, so publishing them again must be harmless.
   */
  publish(topic: string, records: readonly OutgoingRecord[]): Promise<void>
  /** Returns at once: the subscription begins to deliver when Kafka and the topic are there. */
  subscribe(options: SubscribeOptions): Subscription
  /** Creates what is missing, adds partitions, repairs settings; never takes partitions away. @throws `BUS_UNAVAILABLE` */
  ensureTopics(topics: readonly TopicSpec[]): Promise<readonly TopicChange[]>
  /** Resolves when Kafka answers. @throws KonstructError `BUS_UNAVAILABLE` within 3 s. */
  check(): Promise<void>
  /** Ends publishing, and every subscription that is still open without draining it. */
  close(): Promise<void>
}
