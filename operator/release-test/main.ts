// `helm test`: a Tenant of its own appears, one message is answered through the gateway, and the Tenant goes away. It
// brings the model that its agent asks, so that it needs no key and costs nothing.
import { Registry } from 'prom-client'
import { connectKube } from '../kube/connection.ts'
import { KubeClient } from '../kube/kube-client.ts'
import { createKubeMetrics } from '../kube/kube-metrics.ts'
import { readConfig, text } from '../../services/shared/runtime/read-config.ts'
import { testRelease } from './test-release.ts'

const config = readConfig(
  {
    gateway: text({ env: 'KONSTRUCT_TEST_GATEWAY', about: "http:// URL of the gateway's Service" }),
    namespace: text({ env: 'KONSTRUCT_TEST_NAMESPACE', about: 'where to make the Tenant' }),
    address: text({ env: 'KONSTRUCT_TEST_ADDRESS', about: 'own IP address, as orchestrators reach it' }),
    kubeconfig: text({ env: 'KUBECONFIG', about: 'left out, the service account', fallback: '' }),
  },
  process.env,
)
const connection = connectKube(config.kubeconfig === '' ? undefined : config.kubeconfig)
const client = new KubeClient({ connection, metrics: createKubeMetrics(new Registry()) })
const since = performance.now()
const report = (line: string): void => {
  process.stdout.write(`${((performance.now() - since) / 1_000).toFixed(1).padStart(6)} s  ${line}\n`)
}
try {
  await testRelease({ client, report }, config)
} catch (thrown) {
  report(`FAILED: ${(thrown as Error).message}`)
  process.exitCode = 1
}
await connection.close()
