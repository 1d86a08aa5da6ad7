// A user's wish to stop a reply, kept beside the open turn so that it outlives whoever should hear it.
import type { TurnRef } from '../domain/turn.ts'
import type { Database } from './database.ts'

/** True when the turn is this user's and still open. */
export const requestStop = (database: Database, ref: TurnRef, user: string): Promise<boolean> =>
  database.withTenant(ref.tenant, async (tx) => {
    const rows = await tx.query(
      `update konstruct.open_turns o set stop_requested = true
       from konstruct.turns t
       where o.tenant_id = $1 and o.turn_id = $2 and o.conversation_id = $3 and not o.finished
         and t.tenant_id = o.tenant_id and t.id = o.turn_id and t.user_id = $4
       returning o.turn_id`,
      [ref.tenant, ref.turn, ref.conversation, user],
    )
    return rows.length === 1
  })
