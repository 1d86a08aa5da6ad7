// The last things that a user and an agent said to each other: what short memory is rebuilt from.
import type { Database } from './database.ts'

export interface Exchange {
  readonly turn: string
  readonly user: string
  readonly reply: string
}

export interface ExchangesOf {
  readonly tenant: string
  readonly agent: string
  readonly user: string
  /** At most so many, the newest. */
  readonly limit: number
  /** Nothing is remembered once the newest exchange is older than this; left out, all is. */
  readonly withinSeconds?: number
}

/** Oldest first. Turns that failed, or were stopped before a word, left nothing worth remembering. */
export const loadExchanges = (database: Database, of: ExchangesOf): Promise<readonly Exchange[]> =>
  database.withTenant(of.tenant, async (tx) => {
    const newestFirst = await tx.query<Exchange & { ageSeconds: number }>(
      `select t.id as turn, question.text as user, answer.text as reply,
         extract(epoch from now() - t.finished_at)::float8 as "ageSeconds"
       from konstruct.turns t
       join konstruct.messages question
         on question.tenant_id = t.tenant_id and question.turn_id = t.id and question.role = 'user'
       join konstruct.messages answer
         on answer.tenant_id = t.tenant_id and answer.turn_id = t.id and answer.role = 'agent'
       where t.tenant_id = $1 and t.agent = $2 and t.user_id = $3
         and t.state in ('answered', 'stopped') and answer.text <> ''
       order by t.finished_at desc limit $4`,
      [of.tenant, of.agent, of.user, of.limit],
    )
    const newest = newestFirst[0]?.ageSeconds ?? 0
    if (of.withinSeconds !== undefined && newest > of.withinSeconds) return []
    return newestFirst.toReversed().map(({ turn, user, reply }) => ({ turn, user, reply }))
  })
