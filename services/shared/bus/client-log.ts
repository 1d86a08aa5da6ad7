// kafkajs' own log lines, brought to our log. The door reports its states itself (joined, lost, closed); from kafkajs come
// only warnings and errors, and of those that repeat while a broker is away one a minute, with the number left out.
import { logLevel } from 'kafkajs'
import type { logCreator } from 'kafkajs'
import type { Log } from '../runtime/log.ts'

const quietMs = 60_000

/** Kinds of line that are remembered at most; then the oldest is forgotten and may be written again. */
const maxKinds = 100

/** What every change of a group, or of its coordinator, brings with it, and our own loops handle. */
const ordinary =
  /rebalanc|re-joining|coordinator is not aware of this member|^Response (Heartbeat|JoinGroup|SyncGroup|LeaveGroup|OffsetCommit|GroupCoordinator)\b/i

interface Repeated {
  readonly since: number
  leftOut: number
}

/** A log creator for kafkajs that writes to `log`. */
export const createClientLog = (log: Log): logCreator => {
  const seen = new Map<string, Repeated>()
  return () =>
    ({ namespace, level, log: line }) => {
      const text = [line.message, line['error']].filter((part) => typeof part === 'string').join(': ')
      if (level > logLevel.WARN || ordinary.test(text)) return
      const reason = namespace === '' ? text : `${namespace}: ${text}`
      const earlier = seen.get(reason)
      const now = Date.now()
      if (earlier !== undefined && now - earlier.since < quietMs) {
        earlier.leftOut += 1
        return
      }
      seen.delete(reason)
      seen.set(reason, { since: now, leftOut: 0 })
      const oldest = seen.keys().next().value
      if (seen.size > maxKinds && oldest !== undefined) seen.delete(oldest)
      log.warn('kafka client warned', { reason, ...(earlier?.leftOut ? { count: earlier.leftOut } : {}) })
    }
}
