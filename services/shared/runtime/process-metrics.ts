// A registry with what every process tells of itself: processor, memory, event loop, garbage collection.
import { collectDefaultMetrics, Registry } from 'prom-client'

/** Gauges that end in `_total`, as only counters should; the sums of what stands beside them under `nodejs_active_…`. */
const misnamed = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
]

export const createRegistry = (): Registry => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const name of misnamed) registry.removeSingleMetric(name)
  return registry
}
