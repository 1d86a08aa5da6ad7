// The backlog, wherever it waits: in a process, in Kafka or only in PostgreSQL, which alone knows all of it. Whoever has
// the database can tell it; every process tells the same, so it is never summed over processes.
import { Gauge, type Registry } from 'prom-client'
import { askWhileScraped } from '../runtime/ask-while-scraped.ts'
import type { Database } from './database.ts'
import { countOpenTurns, type OpenTurns } from './open-turns.ts'

const howToAggregate =
  'Counted in PostgreSQL, so every process tells the same: take the max over pods, never the sum.'
const waits = 'that waits while nobody works on it and none before it in its conversation is open'

type Read = (turns: OpenTurns) => number

/** Registers the metrics; call it once per registry. While PostgreSQL does not answer they have no value. */
export const watchOpenTurns = (registry: Registry, database: Database): void => {
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

const sumOf =
  (read: Read): Show =>
  (gauge, turns) =>
    gauge.set(turns.reduce((sum, one) => sum + read(one), 0))

const mostOf =
  (read: Read): Show =>
  (gauge, turns) =>
    gauge.set(Math.max(0, ...turns.map(read)))

const eachOf =
  (read: Read): Show =>
  (gauge, turns) => {
    for (const one of turns) gauge.set({ tenant: one.tenant }, read(one))
  }
