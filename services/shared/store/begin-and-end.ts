// Lets the transactions of a Sequelize begin and end by a plain command on their connection. Sequelize would send each of
// them through everything that it does for a query, which takes longer than the command.
//
// The beginning is not waited for. Should it fail, so does the statement behind it: the connection is gone, or its last
// transaction was aborted, and PostgreSQL then refuses everything. Nor need a commit wait for what it commits: sent right
// behind its statements it arrives with them, and PostgreSQL rolls back instead when one of them failed.
import type { ClientBase, QueryResult } from 'pg'
import type { Sequelize, Transaction } from 'sequelize'

type End = 'commit' | 'rollback'

/** What Sequelize's types leave out of a transaction: its connection. And the end that was sent, whatever came of it. */
export interface OpenTransaction extends Transaction {
  readonly connection: ClientBase
  /** False: its commit is not waited for on disk. */
  readonly options: { readonly durable?: boolean }
  end?: { readonly command: End; readonly answer: Promise<QueryResult> }
}

/** The part of Sequelize's QueryInterface that its transactions use; savepoints are not among ours. */
interface TransactionCommands {
  startTransaction(transaction: OpenTransaction): Promise<void>
  commitTransaction(transaction: OpenTransaction): Promise<void>
  rollbackTransaction(transaction: OpenTransaction): Promise<void>
}

/** No statement may follow, not even while this is on its way. */
const sendEnd = (transaction: OpenTransaction, command: End): Promise<QueryResult> => {
  const answer = transaction.connection.query(command)
  transaction.end = { command, answer }
  return answer
}

/** Commits behind the statements that are on their way. The transaction still has to be ended, and then tells the answer. */
export const sendCommit = (transaction: Transaction): void => {
  sendEnd(transaction as OpenTransaction, 'commit').catch(() => {})
}

const commands: TransactionCommands = {
  startTransaction: ({ connection, options }) => {
    const begin = options.durable === false ? 'begin; set local synchronous_commit to off' : 'begin'
    connection.query(begin).catch(() => {})
    return Promise.resolve()
  },
  commitTransaction: async (transaction) => {
    const { command } = await (transaction.end?.answer ?? sendEnd(transaction, 'commit'))
    // After a statement that failed, PostgreSQL answers a commit by rolling back, which is no error to it.
    if (command !== 'COMMIT') throw new Error(`PostgreSQL answered commit with ${command}.`)
  },
  // After a commit that was sent there is nothing to roll back: it was done, or PostgreSQL rolled back by itself.
  rollbackTransaction: async (transaction) => {
    await (transaction.end?.answer ?? sendEnd(transaction, 'rollback'))
  },
}

export const beginAndEndPlainly = (sequelize: Sequelize): void => {
  Object.assign(sequelize.getQueryInterface(), commands)
}
