// The pg package as Sequelize is to use it.
//
// What a connection is asked without waiting in between travels together, and is answered in that order. A transaction
// that asks for what it can at once pays one way to PostgreSQL for all of it.
//
// A connection that stays silent for longer than a statement may take is ended: when packets were lost on the way, TCP
// goes on trying for as long as they were lost, and longer, and PostgreSQL's own time-outs do not reach us.
import type { Socket } from 'node:net'
import pg from 'pg'

/** An answer may be on its way for this long, in milliseconds. */
const onTheWayMs = 2_000

const silence = (): Error =>
  Object.assign(new Error('PostgreSQL has been silent for longer than a statement may take.'), {
    code: 'ETIMEDOUT',
  })

class PipeliningClient extends pg.Client {
  /** Something was asked, and not everything is answered. */
  #isAsked = false

  constructor(config: pg.ClientConfig) {
    super({ ...config, pipeline: true })
    const statementMs = Number(config.statement_timeout ?? 0)
    if (statementMs > 0) this.once('connect', () => this.#endWhenSilentFor(statementMs + onTheWayMs))
    this.on('drain', () => {
      this.#isAsked = false
    })
    const query = this.query.bind(this) as (...args: readonly unknown[]) => unknown
    this.query = ((...args: readonly unknown[]) => {
      this.#isAsked = true
      return query(...args)
    }) as pg.Client['query']
  }

  #endWhenSilentFor(ms: number): void {
    const socket = this.connection.stream as Socket
    socket.setTimeout(ms)
    // At every time-out: given to setTimeout, it would be called at the first one only, which may be that of an idle connection.
    socket.on('timeout', () => {
      if (this.#isAsked) socket.destroy(silence())
    })
  }
}

/** Everything else is pg's own. */
export const pipeliningPg = Object.create(pg, { Client: { value: PipeliningClient } }) as typeof pg
