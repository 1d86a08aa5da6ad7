// A Prometheus that Prometheus Operator runs: the pod, its configuration and its rules are the operator's work.
import { nobody, prometheusVersion } from '../../dev/cluster/fetch-prometheus-operator.ts'
import { monitoringNamespace } from '../../dev/cluster/install-prometheus-operator.ts'
import { waitUntil } from '../support/wait-until.ts'
import type { Release } from './release.ts'

const name = 'proof'
const pod = `pod/prometheus-${name}-0`

const quick = { limits: { cpu: '1' } }

/** It takes what has these labels, of every namespace. */
const resourceFor = (matchLabels: Readonly<Record<string, string>>) => ({
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'Prometheus',
  metadata: { name, namespace: monitoringNamespace },
  spec: {
    version: prometheusVersion,
    serviceAccountName: 'prometheus',
    podMonitorSelector: { matchLabels },
    podMonitorNamespaceSelector: {},
    ruleSelector: { matchLabels },
    ruleNamespaceSelector: {},
    evaluationInterval: '1s',
    resources: { requests: { cpu: '10m', memory: '64Mi' } },
    // Unless told otherwise what shows it its configuration gets a hundredth of a core, and takes long to begin.
    initContainers: [{ name: 'init-config-reloader', resources: quick }],
    containers: [{ name: 'config-reloader', resources: quick }],
    securityContext: { runAsNonRoot: true, runAsUser: nobody, fsGroup: nobody },
  },
})

/**
 * What is to be watched has to be there: a pod is shown a change of its configuration a minute late.
 * @returns its address, once it answers
 */
export const startOperatedPrometheus = async (
  release: Release,
  labels: Readonly<Record<string, string>>,
): Promise<string> => {
  await release.apply(resourceFor(labels))
  const kubectl = (...args: string[]): Promise<string> =>
    release.kubectl.run('-n', monitoringNamespace, ...args)
  await kubectl('wait', '--for=condition=Reconciled', `prometheus/${name}`, '--timeout=60s')
  await kubectl('wait', '--for=create', pod, '--timeout=30s')
  await kubectl('wait', '--for=jsonpath={.status.podIP}', pod, '--timeout=60s')
  const url = `http://${await kubectl('get', pod, '-o', 'jsonpath={.status.podIP}')}:9090`
  await waitUntil(
    { until: 'Prometheus answers', deadlineMs: 60_000, everyMs: 250 },
    async () => (await fetch(`${url}/-/ready`)).ok,
  )
  return url
}
