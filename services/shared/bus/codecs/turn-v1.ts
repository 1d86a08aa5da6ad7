// turn-v1: a turn that waits to be run. It carries ids only; the text is in PostgreSQL, never in Kafka.
//
//   key      <tenant>/<conversation>
//   value    {"v":1,"tenant":DNS label,"conversation":UUID,"turn":UUID,"enqueuedAt":ms since 1970}
//   headers  tenant: the same tenant
//
// The tenant stands in three places and must be the same in all: a record that disagrees with itself is refused, so no
// turn runs for a tenant that did not ask for it. Unknown fields and headers are ignored; another `v` is refused.
import { isTenantId } from '../../domain/tenant-id.ts'
import type { TurnRef } from '../../domain/turn.ts'
import { KonstructError } from '../../runtime/errors.ts'
import type { LogRecord, OutgoingRecord } from '../message-log.ts'

export interface TurnRecord extends TurnRef {
  /** Milliseconds since 1970. */
  readonly enqueuedAt: number
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

const refuse = (problem: string): never => {
  throw new KonstructError('RECORD_INVALID', { message: `Not a turn-v1 record: ${problem}.` })
}

/** The key of everything that is published about a conversation: one conversation, one partition, one order. */
const conversationKey = ({ tenant, conversation }: Omit<TurnRef, 'turn'>): string =>
  `${tenant}/${conversation}`

export const encodeTurn = ({ tenant, conversation, turn, enqueuedAt }: TurnRecord): OutgoingRecord => ({
  key: conversationKey({ tenant, conversation }),
  value: JSON.stringify({ v: 1, tenant, conversation, turn, enqueuedAt }),
  headers: { tenant },
})

const parseValue = (value: Buffer): Record<string, unknown> => {
  let parsed: unknown
  try {
    parsed = JSON.parse(value.toString('utf8'))
  } catch {
    return refuse('the value is no JSON')
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return refuse('the value is no object')
  return parsed as Record<string, unknown>
}

const idOf = (fields: Record<string, unknown>, name: 'conversation' | 'turn'): string => {
  const id = fields[name]
  return typeof id === 'string' && uuid.test(id) ? id : refuse(`${name} is no UUID`)
}

const tenantOf = ({ tenant }: Record<string, unknown>): string =>
  typeof tenant === 'string' && isTenantId(tenant) ? tenant : refuse('tenant is no tenant id')

/** Reads what `encodeTurn` wrote. @throws KonstructError `RECORD_INVALID` */
export const decodeTurn = ({
  key,
  value,
  headers,
}: Pick<LogRecord, 'key' | 'value' | 'headers'>): TurnRecord => {
  const fields = parseValue(value)
  if (fields['v'] !== 1) return refuse('the version is not 1')
  const tenant = tenantOf(fields)
  const conversation = idOf(fields, 'conversation')
  const turn = idOf(fields, 'turn')
  const enqueuedAt = fields['enqueuedAt']
  if (!Number.isSafeInteger(enqueuedAt)) return refuse('enqueuedAt is no time')
  if (key !== conversationKey({ tenant, conversation })) return refuse('the key is not that of the value')
  if (headers['tenant'] !== tenant) return refuse('the tenant header is not that of the value')
  return { tenant, conversation, turn, enqueuedAt: enqueuedAt as number }
}
