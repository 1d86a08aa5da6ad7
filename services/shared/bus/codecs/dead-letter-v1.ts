// dead-letter-v1: a record that could not be handled, kept whole for a person to look at and to publish again.
//
//   key      that of the original, or empty
//   value    {"v":1,"topic":text,"partition":number,"offset":decimal,"code":error code,"at":ms since 1970,
//             "key":text|null,"value":base64,"headers":{name:text},"leftOut":["value","headers","key"]}
//   headers  code: the error code
//
// The original's bytes are kept as base64, since a record that can't be read may be anything. It may also be too large to be
// kept: `leftOut` names what is empty for that (it may be missing, and is empty as a rule); where it was is always kept.
import { KonstructError } from '../../runtime/errors.ts'
import type { ErrorCode } from '../../runtime/errors.ts'
import type { LogHeaders, LogRecord, OutgoingRecord } from '../message-log.ts'

export interface DeadLetter {
  readonly original: Omit<LogRecord, 'timestamp'>
  readonly code: string
  /** When it was given up, in milliseconds since 1970. */
  readonly at: number
  /** Parts of the original that are empty here because it was too large. */
  readonly leftOut: readonly string[]
}

const refuse = (problem: string): never => {
  throw new KonstructError('RECORD_INVALID', { message: `Not a dead-letter-v1 record: ${problem}.` })
}

/**
 * The largest letter, in bytes of its key and value. Kafka takes 1 MiB unless it is told otherwise; what is ours is a
 * thousandth of this, so what is larger is nothing that anybody would publish again.
 */
const largest = 512 * 1024

/** A letter that Kafka refuses would be tried for ever and hold up its partition: what is too large for it is left out. */
export const encodeDeadLetter = (original: LogRecord, code: ErrorCode, at: number): OutgoingRecord => {
  const whole = write(original, { code, at, leftOut: [] })
  if (fits(whole)) return whole
  const record = { ...original, value: Buffer.alloc(0) }
  const withoutValue = write(record, { code, at, leftOut: ['value'] })
  if (fits(withoutValue)) return withoutValue
  return write({ ...record, headers: {}, key: null }, { code, at, leftOut: ['value', 'headers', 'key'] })
}

const fits = ({ key, value }: OutgoingRecord): boolean =>
  Buffer.byteLength(key) + Buffer.byteLength(value) <= largest

const write = (
  { topic, partition, offset, key, value, headers }: LogRecord,
  { code, at, leftOut }: Omit<DeadLetter, 'original'>,
): OutgoingRecord => ({
  key: key ?? '',
  value: JSON.stringify({
    v: 1,
    topic,
    partition,
    offset,
    code,
    at,
    key,
    value: value.toString('base64'),
    headers,
    leftOut,
  }),
  headers: { code },
})

interface Written extends Omit<LogRecord, 'value' | 'timestamp'> {
  readonly v: number
  readonly code: string
  readonly at: number
  readonly value: string
  readonly headers: LogHeaders
  readonly leftOut?: readonly string[]
}

const isWritten = (parsed: unknown): parsed is Written => {
  if (typeof parsed !== 'object' || parsed === null) return false
  const { v, topic, partition, offset, code, at, value } = parsed as Partial<Written>
  const texts = [topic, offset, code, value].every((field) => typeof field === 'string')
  return v === 1 && texts && Number.isInteger(partition) && Number.isSafeInteger(at)
}

/** Reads what `encodeDeadLetter` wrote. @throws KonstructError `RECORD_INVALID` */
export const decodeDeadLetter = ({ value }: Pick<LogRecord, 'value'>): DeadLetter => {
  let parsed: unknown
  try {
    parsed = JSON.parse(value.toString('utf8'))
  } catch {
    return refuse('the value is no JSON')
  }
  if (!isWritten(parsed)) return refuse('a field is missing or of a wrong type')
  const { topic, partition, offset, key, headers, leftOut = [] } = parsed
  const original = { topic, partition, offset, key, headers, value: Buffer.from(parsed.value, 'base64') }
  return { original, code: parsed.code, at: parsed.at, leftOut }
}
