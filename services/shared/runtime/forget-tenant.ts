// Series with the name of a tenant that is gone would stay for ever.
import { type Counter, Histogram } from 'prom-client'

/** Takes away every series of the tenant. A histogram must have no label but the tenant. */
export const forgetTenant = (
  metrics: readonly (Counter<'tenant'> | Histogram<'tenant'>)[],
  tenant: string,
): void => {
  for (const metric of metrics)
    if (metric instanceof Histogram) metric.remove({ tenant })
    else
      void metric.get().then(({ values }) => {
        for (const { labels } of values) if (labels.tenant === tenant) metric.remove(labels)
      })
}
