// A record as kafkajs reads it → a record as the port promises it.
import type { Batch, IHeaders, KafkaMessage } from 'kafkajs'
import type { LogHeaders, LogRecord } from './message-log.ts'

const textOf = (value: IHeaders[string]): string | undefined => {
  const first = Array.isArray(value) ? value[0] : value
  return first?.toString()
}

const toLogHeaders = (headers: IHeaders = {}): LogHeaders =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      const text = textOf(value)
      return text === undefined ? [] : [[name, text]]
    }),
  )

export const toLogRecord = ({ topic, partition }: Batch, message: KafkaMessage): LogRecord => ({
  topic,
  partition,
  offset: message.offset,
  key: message.key?.toString() ?? null,
  value: message.value ?? Buffer.alloc(0),
  headers: toLogHeaders(message.headers),
  timestamp: Number(message.timestamp),
})
