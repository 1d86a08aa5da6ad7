// The pg package as Sequelize is to use it: what a connection is asked without waiting in between travels together, and
// is answered in that order. A transaction that asks for what it can at once pays one way to PostgreSQL for all of it.
//
// The start of a transaction is not waited for either. Should it fail, so does the statement behind it: the connection is
// gone, or its last transaction was aborted, and PostgreSQL then refuses everything.
import pg from 'pg'

/** As Sequelize writes it; were it to write something else, it would only be waited for again. */
const start = 'START TRANSACTION;'

type Callback = (error: Error | null, result: object) => void

class PipeliningClient extends pg.Client {
  constructor(config: pg.ClientConfig) {
    super({ ...config, pipeline: true })
    const ask = this.query.bind(this) as (...args: readonly unknown[]) => unknown
    const askOrStart = (...args: readonly unknown[]): unknown => {
      const [statement, then] = args
      if (statement !== start || typeof then !== 'function') return ask(...args)
      ask(start, () => {})
      ;(then as Callback)(null, { rows: [], rowCount: 0 })
      return undefined
    }
    this.query = askOrStart as typeof this.query
  }
}

/** Everything else is pg's own. */
export const pipeliningPg = Object.create(pg, { Client: { value: PipeliningClient } }) as typeof pg
