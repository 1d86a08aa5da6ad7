// The door to PostgreSQL. Two ways in and no third: `withTenant` for the rows of one tenant, `acrossTenants` for the
// few tables that hold only ids. Both open the transaction themselves, so that the tenant (set with
// `set_config(…, true)`) ends with it. Whatever reaches Sequelize on another way is refused before it is sent:
// row-level security would raise too, but a bug should be named where it is made.
import { type BaseError, ConnectionError, Sequelize, type Transaction } from 'sequelize'
import { isTenantId } from '../domain/tenant-id.ts'
import { KonstructError } from '../runtime/errors.ts'
import type { Secret } from '../runtime/read-config.ts'
import { beginAndEndPlainly, type OpenTransaction, sendCommit } from './begin-and-end.ts'
import { databaseAddress } from './database-address.ts'
import { defineModels, type Models } from './models.ts'
import { pipeliningPg } from './pipelining-pg.ts'
import { runPrepared } from './prepared-statement.ts'

export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database`, with `?sslmode=verify-full` for TLS. */
  readonly url: Secret
  /** Connections at most. */
  readonly poolSize: number
  /** Shown in `pg_stat_activity`. */
  readonly application: string
}

interface CommitOptions {
  /**
   * False: the commit is not waited for on disk (PostgreSQL's synchronous_commit). A crash of the server, and only that,
   * may lose what it committed last; for what is then found and done again. True unless set.
   */
  readonly durable?: boolean
  /**
   * True: the commit is sent along with the statements, for work that asks for all of them before it waits for any. It
   * can look at what they found, but undo nothing: what must not be kept, they have to leave out themselves.
   */
  readonly atOnce?: boolean
}

type Row = Readonly<Record<string, unknown>>

/**
 * A running transaction. It must hold no call to a model, a tool, Kafka or Redis: it pins a connection, and after a deadlock
 * its work is done again.
 */
export interface Tx {
  /**
   * Runs one statement, a constant with `$1`-style parameters, and gives its rows. Statements that are asked for without
   * waiting in between run in that order, and together cost one way to PostgreSQL.
   */
  query<Result extends object = Row>(sql: string, bind?: readonly unknown[]): Promise<Result[]>
}

export interface TenantTx extends Tx {
  readonly tenant: string
  readonly models: Models
  readonly transaction: Transaction
}

/** What `withTenant` and `acrossTenants` leave on a transaction, and the guard looks for. */
interface Mark {
  readonly scope?: 'tenant' | 'across'
}

interface GuardedTransaction extends OpenTransaction {
  readonly options: Mark & OpenTransaction['options']
}

/** How often a transaction is done again that met another one on the way. */
const mostDeadlocks = 3

/** A statement may take this long, in milliseconds; the longest here is a page of history. */
const statementTimeoutMs = 10_000

const guard = (options: { readonly transaction?: Transaction | null }): void => {
  const { options: mark, end } = (options.transaction ?? {}) as Partial<GuardedTransaction>
  if (mark?.scope === undefined || end !== undefined) throw new KonstructError('STORE_TENANT_MISSING')
}

/** The SQLSTATE, or the code of a socket's error. */
const codeOf = (thrown: unknown): string | undefined =>
  ((thrown as BaseError & { parent?: { code?: string } }).parent ?? (thrown as { code?: string })).code

/**
 * SQLSTATEs of a server that does nothing for anyone at the moment: the connection broke (class 08), it is shutting down
 * (57P0), it became a standby (25006), it ended a transaction of ours that stood still (25P03), it has no memory, disk or
 * connection left (53), or its system fails it (58). Not a time-out: a statement may always take too long.
 */
const awayStates = /^(08|57P0|25006|25P03|53|58)/
const socketErrors =
  /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN)/

const isUnreachable = (thrown: unknown): boolean => {
  if (thrown instanceof ConnectionError) return true
  const code = codeOf(thrown)
  return code !== undefined && (awayStates.test(code) || socketErrors.test(code))
}

/**
 * PostgreSQL refuses what it was given, whenever it is asked. Class 22: a value that it cannot hold; class 23: a constraint.
 * What else it refuses may pass: a time-out, a full disk, a server that became a standby.
 */
export const isRefusedForGood = (thrown: unknown): boolean =>
  thrown instanceof Error && /^2[23]/.test(codeOf(thrown) ?? '')

/** `deadlock_detected`: PostgreSQL undid the transaction so that another could go on. It may simply be done again. */
const isDeadlock = (thrown: unknown): boolean => codeOf(thrown) === '40P01'

const translate = (thrown: unknown): Error => {
  if (thrown instanceof KonstructError || !(thrown instanceof Error)) return thrown as Error
  if (
    isUnreachable(thrown) ||
    /Connection terminated|is not queryable|connection manager was closed/i.test(thrown.message)
  )
    return new KonstructError('STORE_UNAVAILABLE', { cause: thrown })
  return thrown
}

export class Database {
  readonly #sequelize: Sequelize
  readonly #models: Models

  /** @throws KonstructError `CONFIG_INVALID` when the URL asks for what is not honoured */
  constructor(options: DatabaseOptions) {
    const { user: username, password, ssl, ...address } = databaseAddress(options.url)
    this.#sequelize = new Sequelize({
      ...address,
      username,
      ...(password === undefined ? {} : { password }),
      dialect: 'postgres',
      dialectModule: pipeliningPg,
      logging: false,
      pool: { max: options.poolSize, min: 0, idle: 30_000, acquire: 10_000 },
      dialectOptions: {
        ssl,
        application_name: options.application,
        keepAlive: true,
        connectionTimeoutMillis: 5_000,
        statement_timeout: statementTimeoutMs,
        idle_in_transaction_session_timeout: statementTimeoutMs,
        // Each statement finds its rows by key, whatever the values, so none is planned anew for them.
        options: '-c plan_cache_mode=force_generic_plan',
      },
      hooks: { beforeQuery: guard },
    })
    beginAndEndPlainly(this.#sequelize)
    this.#models = defineModels(this.#sequelize)
  }

  /** The models, for tests that try to get around the guard. */
  get models(): Models {
    return this.#models
  }

  /**
   * Runs `work` in a transaction that sees and writes the rows of one tenant only.
   * @throws KonstructError `STORE_UNAVAILABLE` when PostgreSQL cannot be reached.
   */
  withTenant<Result>(
    tenant: string,
    work: (tx: TenantTx) => Promise<Result>,
    { durable = true, atOnce = false }: CommitOptions = {},
  ): Promise<Result> {
    if (!isTenantId(tenant)) throw new KonstructError('STORE_TENANT_MISSING')
    return this.#transact({ scope: 'tenant', durable, atOnce }, async (tx, transaction) => {
      // Sent first, so done first; were it to fail, so would every statement after it, as the transaction is aborted.
      const [, result] = await Promise.all([
        tx.query(`select set_config('konstruct.tenant', $1, true)`, [tenant]),
        work({ ...tx, tenant, transaction, models: this.#models }),
      ])
      return result
    })
  }

  /** Runs `work` in a transaction without a tenant: every tenant table raises, only tables of ids can be used. */
  acrossTenants<Result>(
    work: (tx: Tx) => Promise<Result>,
    { durable = true, atOnce = false }: CommitOptions = {},
  ): Promise<Result> {
    return this.#transact({ scope: 'across', durable, atOnce }, (tx) => work(tx))
  }

  /** @throws KonstructError `STORE_UNAVAILABLE` */
  async check(): Promise<void> {
    await this.acrossTenants((tx) => tx.query('select 1'))
  }

  async close(): Promise<void> {
    await this.#sequelize.close()
  }

  async #transact<Result>(
    options: Mark & Required<CommitOptions>,
    work: (tx: Tx, transaction: Transaction) => Promise<Result>,
  ): Promise<Result> {
    for (let left = mostDeadlocks; ; left -= 1)
      try {
        return await this.#transactOnce(options, work)
      } catch (thrown) {
        if (left === 0 || !isDeadlock(thrown)) throw translate(thrown)
      }
  }

  #transactOnce<Result>(
    { scope, durable, atOnce }: Mark & Required<CommitOptions>,
    work: (tx: Tx, transaction: Transaction) => Promise<Result>,
  ): Promise<Result> {
    const marked = { scope, durable } as object
    return this.#sequelize.transaction(marked, async (transaction) => {
      const tx: Tx = { query: (sql, bind = []) => runPrepared(transaction, sql, bind) }
      const asked = work(tx, transaction)
      if (atOnce) sendCommit(transaction)
      return asked
    })
  }
}
