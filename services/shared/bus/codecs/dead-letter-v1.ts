// dead-letter-v1: a record that could not be handled, kept whole for a person to look at and to publish again.
//
//   key      that of the original, or empty
//   value    {"v":1,"topic":text,"partition":number,"offset":decimal,"code":error code,"at":ms since 1970,
//             "key":text|null,"value":base64,"headers":{name:text}}
//   headers  code: the error code
//
// The original's bytes are kept as base64, since a record that can't be read may be anything.
import { KonstructError } from '../../runtime/errors.ts'
import type { ErrorCode } from '../../runtime/errors.ts'
import type { LogHeaders, LogRecord, OutgoingRecord } from '../message-log.ts'

export interface DeadLetter {
  readonly original: Omit<LogRecord, 'timestamp'>
  readonly code: string
  /** When it was given up, in milliseconds since 1970. */
  readonly at: number
}

const refuse = (problem: string): never => {
  throw new KonstructError('RECORD_INVALID', { message: `Not a dead-letter-v1 record: ${problem}.` })
}

export const encodeDeadLetter = (original: LogRecord, code: ErrorCode, at: number): OutgoingRecord => ({
  key: original.key ?? '',
  value: JSON.stringify({
    v: 1,
    topic: original.topic,
    partition: original.partition,
    offset: original.offset,
    code,
    at,
    key: original.key,
    value: original.value.toString('base64'),
    headers: original.headers,
  }),
  headers: { code },
})

interface Written extends Omit<LogRecord, 'value' | 'timestamp'> {
  readonly v: number
  readonly code: string
  readonly at: number
  readonly value: string
  readonly headers: LogHeaders
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
  const { topic, partition, offset, key, headers } = parsed
  const original = { topic, partition, offset, key, headers, value: Buffer.from(parsed.value, 'base64') }
  return { original, code: parsed.code, at: parsed.at }
}
