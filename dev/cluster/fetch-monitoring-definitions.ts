// The definitions of the kinds that the chart makes for Prometheus Operator, as its makers publish them: in its Go module.
import { join } from 'node:path'
import type { Report } from '../parts/part.ts'
import { downloadGoModule } from './download-go-module.ts'
import { prometheusOperator } from './prometheus-operator-module.ts'

/** @returns files for `kubectl apply --server-side`. */
export const fetchMonitoringDefinitions = async (report: Report): Promise<readonly string[]> => {
  const sources = await downloadGoModule(prometheusOperator, report)
  return ['podmonitors', 'prometheusrules'].map((kind) =>
    join(sources, 'example/prometheus-operator-crd', `monitoring.coreos.com_${kind}.yaml`),
  )
}
