// Real KEDA asks a real Prometheus, and takes the platform to the size that people need.
import { installKeda, removeKeda } from '../../dev/cluster/install-keda.ts'
import { describeScaling } from './describe-scaling.ts'

const silent = (): void => {}

describeScaling({
  name: 'KEDA',
  kind: 'keda',
  values: (prometheusUrl) => ['keda.pollingSeconds=5', `keda.prometheusAddress=${prometheusUrl}`],
  install: (folder) => installKeda(folder, silent),
  remove: (folder) => removeKeda(folder, silent),
  autoscalerOf: (deployment) => `keda-hpa-${deployment}`,
})
