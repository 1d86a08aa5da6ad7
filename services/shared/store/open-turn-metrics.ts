// The backlog, wherever it waits: in a process, in Kafka or only in PostgreSQL, which alone knows all of it. Whoever has
// the database can tell it; every process tells the same, so it is never summed over processes.
import { Gauge, type Registry } from 'prom-client'
import { askWhileScraped } from '../runtime/ask-while-scraped.ts'
import type { Database } from './database.ts'
import { countOpenTurns, type OpenTurns } from './open-turns.ts'

const howToAggregate =
  'Counted in PostgreSQL, so every process tells the same: take the max over pods, never the sum.'
const runnable =
  'Turns that run, or would with more orchestrators: of a conversation one, of a tenant no more than it may run at a time.'
const waits = 'that waits while nobody works on it and none before it in its conversation is open'

type Read = (turns: OpenTurns) => number

/** How many turns of a tenant may run at a time; undefined: that is not known yet. */
type LimitOf = (tenant: string) => number | undefined

/**
 * Registers the metrics; call it once per registry. While PostgreSQL does not answer they have no value. What is runnable is
 * told by who knows the limits of the tenants.
 */
export const watchOpenTurns = (registry: Registry, database: Database, limitOf?: LimitOf): void => {
  const count = askWhileScraped(() => countOpenTurns(database))
  const register = (name: string, help: string, labelNames: 'tenant'[], show: Show) =>
    new Gauge({
      name: `konstruct_${name}`,
      help: `${help} ${howToAggregate}`,
      labelNames,
      registers: [registry],
      async collect() {
        const turns = await count()
        this.reset()
        if (turns !== undefined) show(this, turns)
        // What has no label is 0 after a reset, and that would be a lie.
        else if (labelNames.length === 0) this.remove()
      },
    })
  const open: Read = (turns) => turns.open
  const oldest: Read = (turns) => turns.oldestWaitingSeconds
  register('turns_open', 'Turns of all tenants that wait or run anywhere.', [], sumOf(open))
  if (limitOf !== undefined) register('turns_runnable', runnable, [], sumOf(runnableWithin(limitOf)))
  register('oldest_waiting_turn_seconds', `Age of the oldest turn ${waits}; 0: none.`, [], mostOf(oldest))
  register('tenant_turns_open', 'Turns of a tenant that has any.', ['tenant'], eachOf(open))
  register(
    'tenant_oldest_waiting_turn_seconds',
    `Age of the oldest turn of a tenant ${waits}.`,
    ['tenant'],
    eachOf(oldest),
  )
}

type Show = (gauge: Gauge<'tenant'>, turns: readonly OpenTurns[]) => void

/** Not a number while the tenant's limit is not known. */
const runnableWithin =
  (limitOf: LimitOf): Read =>
  ({ tenant, conversations }) =>
    Math.min(conversations, limitOf(tenant) ?? Number.NaN)

const sumOf =
  (read: Read): Show =>
  (gauge, turns) => {
    const sum = turns.reduce((before, one) => before + read(one), 0)
    if (Number.isNaN(sum)) gauge.remove()
    else gauge.set(sum)
  }

const mostOf =
  (read: Read): Show =>
  (gauge, turns) =>
    gauge.set(Math.max(0, ...turns.map(read)))

const eachOf =
  (read: Read): Show =>
  (gauge, turns) => {
    for (const one of turns) gauge.set({ tenant: one.tenant }, read(one))
  }
