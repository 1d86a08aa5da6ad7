// Whether each store answers this process, under one name in every part: an alert needs to know no part by name.
import { Gauge, type Registry } from 'prom-client'
import { askWhileScraped } from './ask-while-scraped.ts'

type Store = 'postgres' | 'redis' | 'kafka'

/** Each resolves when the store has answered. */
export type StoreChecks = Readonly<Record<Store, () => Promise<unknown>>>

/** Registers the metric; call it once per registry. */
export const watchStores = (registry: Registry, checks: StoreChecks): void => {
  const asks = Object.entries(checks).map(
    ([store, check]) => [store, askWhileScraped(() => check().then(() => true))] as const,
  )
  void new Gauge({
    name: 'konstruct_store_up',
    help: 'Whether the store answered this process during this scrape: 1 or 0. Take the min over pods.',
    labelNames: ['store'],
    registers: [registry],
    async collect() {
      const told = asks.map(async ([store, ask]) => this.set({ store }, (await ask()) === true ? 1 : 0))
      await Promise.all(told)
    },
  })
}
