// Lets the transactions of a Sequelize begin and end by a plain command on their connection. Sequelize would send each of
// them through everything that it does for a query, which takes longer than the command.
//
// The beginning is not waited for. Should it fail, so does the statement behind it: the connection is gone, or its last
// transaction was aborted, and PostgreSQL then refuses everything.
import type { ClientBase } from 'pg'
import type { Sequelize, Transaction } from 'sequelize'

/** What Sequelize's types leave out of a transaction: its connection, and how it ended. */
export interface OpenTransaction extends Transaction {
  readonly connection: ClientBase
  finished?: 'commit' | 'rollback'
}

/** The part of Sequelize's QueryInterface that its transactions use; savepoints are not among ours. */
interface TransactionCommands {
  startTransaction(transaction: OpenTransaction): Promise<void>
  commitTransaction(transaction: OpenTransaction): Promise<void>
  rollbackTransaction(transaction: OpenTransaction): Promise<void>
}

const endWith =
  (end: 'commit' | 'rollback') =>
  async (transaction: OpenTransaction): Promise<void> => {
    // No statement may follow, not even while this is on its way.
    transaction.finished = end
    const { command } = await transaction.connection.query(end)
    // After a statement that failed, PostgreSQL answers a commit by rolling back, which is no error to it.
    if (command !== end.toUpperCase()) throw new Error(`PostgreSQL answered ${end} with ${command}.`)
  }

const commands: TransactionCommands = {
  startTransaction: ({ connection }) => {
    connection.query('begin').catch(() => {})
    return Promise.resolve()
  },
  commitTransaction: endWith('commit'),
  rollbackTransaction: endWith('rollback'),
}

export const beginAndEndPlainly = (sequelize: Sequelize): void => {
  Object.assign(sequelize.getQueryInterface(), commands)
}
