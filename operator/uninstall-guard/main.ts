// What `helm uninstall` runs first: it fails, and with it the removal, while Tenants remain. Their deletion needs the
// operator; without it they would stay for ever, and so would their data.
import { Registry } from 'prom-client'
import { connectKube } from '../kube/connection.ts'
import { KubeClient } from '../kube/kube-client.ts'
import { createKubeMetrics } from '../kube/kube-metrics.ts'
import { list, readConfig, text } from '../../services/shared/runtime/read-config.ts'
import { findTenants, refusalOf } from './find-tenants.ts'

const config = readConfig(
  {
    namespaces: list({ env: 'KONSTRUCT_NAMESPACES', about: 'as for the operator', fallback: [] }),
    release: text({ env: 'KONSTRUCT_RELEASE', about: 'name of the release that is removed' }),
    releaseNamespace: text({ env: 'KONSTRUCT_NAMESPACE', about: 'its namespace' }),
    kubeconfig: text({ env: 'KUBECONFIG', about: 'as for the operator', fallback: '' }),
  },
  process.env,
)
const connection = connectKube(config.kubeconfig === '' ? undefined : config.kubeconfig)
const client = new KubeClient({ connection, metrics: createKubeMetrics(new Registry()) })
const refusal = refusalOf(await findTenants(client, config.namespaces), config)
if (refusal !== null) {
  process.stdout.write(`${refusal}\n`)
  process.exitCode = 1
}
await connection.close()
