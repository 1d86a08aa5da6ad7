// One user message and everything done to answer it.

/** What a client sees of a turn's life. The last three end it. */
export type TurnState =
  | 'queued'
  | 'thinking'
  | 'writing'
  | 'using_tool'
  | 'waiting_for_confirmation'
  | 'answered'
  | 'failed'
  | 'stopped'

export const turnEnds = ['answered', 'failed', 'stopped'] as const satisfies readonly TurnState[]

export type TurnEnd = (typeof turnEnds)[number]

export const isTurnEnd = (state: TurnState): state is TurnEnd =>
  (turnEnds as readonly TurnState[]).includes(state)

/** Ids only: what Kafka carries and what finds a turn again in PostgreSQL. All but `tenant` are UUIDs. */
export interface TurnRef {
  readonly tenant: string
  readonly conversation: string
  readonly turn: string
}
