// The pg package as Sequelize is to use it: what a connection is asked without waiting in between travels together, and
// is answered in that order. A transaction that asks for what it can at once pays one way to PostgreSQL for all of it.
import pg from 'pg'

class PipeliningClient extends pg.Client {
  constructor(config: pg.ClientConfig) {
    super({ ...config, pipeline: true })
  }
}

/** Everything else is pg's own. */
export const pipeliningPg = Object.create(pg, { Client: { value: PipeliningClient } }) as typeof pg
