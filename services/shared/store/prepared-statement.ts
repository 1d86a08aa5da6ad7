// Runs a statement on the connection of a transaction, prepared once per connection. Sequelize sends each statement as
// new text, which PostgreSQL then plans anew, and with row-level security planning takes longer than the work: storing a
// message is a third faster this way, claiming a turn twice as fast. A connection pooler in between must keep prepared
// statements apart, as PgBouncer does from 1.21 on.
import { createHash } from 'node:crypto'
import { DatabaseError, type Transaction } from 'sequelize'
import type { OpenTransaction } from './begin-and-end.ts'

/** The statements are constants of this folder, so there are few. */
const names = new Map<string, string>()

/** PostgreSQL's own limit is 63 bytes. */
const nameOf = (sql: string): string => {
  const known = names.get(sql)
  if (known !== undefined) return known
  const name = createHash('sha256').update(sql).digest('hex').slice(0, 40)
  names.set(sql, name)
  return name
}

/** PostgreSQL's text holds no NUL; it is stored as Sequelize would store it. */
const withoutNul = (value: unknown): unknown =>
  typeof value === 'string' ? value.replaceAll('\0', String.raw`\0`) : value

/**
 * `sql` must be a constant with `$1`-style parameters.
 * @throws Sequelize's DatabaseError around what pg threw, as Sequelize would, and for a transaction that has ended.
 */
export const runPrepared = async <Row extends object>(
  transaction: Transaction,
  sql: string,
  values: readonly unknown[],
): Promise<Row[]> => {
  const { connection, end } = transaction as OpenTransaction
  if (end !== undefined)
    throw new Error(`${end.command} has been called on this transaction: no statement can follow.`)
  const statement = { name: nameOf(sql), text: sql, values: values.map(withoutNul) }
  try {
    return (await connection.query<Row>(statement)).rows
  } catch (thrown) {
    throw new DatabaseError(thrown as ConstructorParameters<typeof DatabaseError>[0])
  }
}
