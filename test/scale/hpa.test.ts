// A plain HorizontalPodAutoscaler, to which a real prometheus-adapter tells what a real Prometheus knows, by the very rules
// that the chart gives for it.
import { readFileSync } from 'node:fs'
import {
  installPrometheusAdapter,
  removePrometheusAdapter,
} from '../../dev/cluster/install-prometheus-adapter.ts'
import { describeScaling } from './describe-scaling.ts'

const silent = (): void => {}
const rules = readFileSync('charts/konstruct/files/prometheus-adapter.yaml', 'utf8')

describeScaling({
  name: 'a plain HPA',
  kind: 'hpa',
  values: () => [],
  install: (folder, prometheusUrl) => installPrometheusAdapter(folder, { prometheusUrl, rules }, silent),
  remove: (folder) => removePrometheusAdapter(folder, silent),
  autoscalerOf: (deployment) => deployment,
})
