// How far behind Kafka this process is. Kafka keeps what was set aside in PostgreSQL no longer, so this is not the backlog:
// it tells whether records are taken at all.
import { Gauge, type Registry } from 'prom-client'
import type { Subscription } from '../shared/bus/message-log.ts'
import { askWhileScraped } from '../shared/runtime/ask-while-scraped.ts'

/** Registers the metric; call it once per registry. While Kafka does not answer it has no value. */
export const watchLag = (registry: Registry, subscription: Subscription): void => {
  const ask = askWhileScraped(() => subscription.lag())
  void new Gauge({
    name: 'konstruct_orchestrator_consumer_lag_records',
    help: 'Records of the partitions of this process that are not yet claimed or set aside. Take the sum over pods.',
    registers: [registry],
    async collect() {
      const lag = await ask()
      if (lag === undefined) this.remove()
      else this.set(lag.reduce((sum, { records }) => sum + records, 0))
    },
  })
}
