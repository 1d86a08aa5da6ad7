// KEDA in a cluster of ours: operator and metrics server, with the rights that KEDA's own manifests give them, ready as
// soon as they can be. Its webhooks, which only say earlier what the operator says later, are left out; so is its
// rotation of certificates, for which a new pod waits a minute until the kubelet shows it its Secret.
import {
  accountOf,
  apiService,
  type CertificateText,
  certificateSecret,
  clusterBinding,
  clusterRole,
  delegation,
  deploymentOf,
  readByAutoscalers,
  rule,
  serviceNames,
  serviceOf,
} from './extension-manifests.ts'
import { kedaImages, kedaPrograms } from './fetch-keda.ts'

export const kedaNamespace = 'keda'
const account = 'keda-operator'
export const kedaDeployments = { operator: 'keda-operator', metricsServer: 'keda-metrics-apiserver' } as const
const certificates = 'kedaorg-certs'
export const externalMetrics = 'v1beta1.external.metrics.k8s.io'

/** What both prove themselves with, to one another and to the API server. */
export const kedaServerNames = Object.values(kedaDeployments).flatMap((service) =>
  serviceNames(service, kedaNamespace),
)

const read = 'get list watch'
const change = `${read} patch update`
const own = `${change} create delete`

/** It scales whatever has a `scale`, and looks up whatever a trigger names. */
const operatorRules = [
  rule('*', '*', 'get'),
  rule('*', '*/scale', change),
  rule('', 'configmaps configmaps/status external pods secrets services limitranges serviceaccounts', read),
  rule('', 'events', 'create patch'),
  rule('events.k8s.io', 'events', 'create patch'),
  rule('apps', 'deployments replicasets statefulsets', read),
  rule('autoscaling', 'horizontalpodautoscalers', own),
  rule('batch', 'jobs', own),
  rule('discovery.k8s.io', 'endpointslices', read),
  rule('eventing.keda.sh', '*', change),
  rule('keda.sh', '*', change),
]

const subject = accountOf(account, kedaNamespace)

const rights = [
  clusterRole('keda-operator', operatorRules),
  clusterBinding('keda-operator', 'keda-operator', subject),
  ...readByAutoscalers('keda-external-metrics-reader', 'external.metrics.k8s.io'),
  ...delegation('keda', subject),
]

interface KedaPart {
  readonly part: keyof typeof kedaDeployments
  readonly args: readonly string[]
  readonly readyz: object
}

const env = [
  { name: 'POD_NAMESPACE', value: kedaNamespace },
  { name: 'WATCH_NAMESPACE', value: '' },
]

const partOf = ({ part, args, readyz }: KedaPart, ports: readonly object[]) => {
  const name = kedaDeployments[part]
  const namespace = kedaNamespace
  const what = { image: kedaImages[part], program: kedaPrograms[part], args, env, readyz }
  return [
    deploymentOf({ name, namespace, account, certificates, ...what }),
    serviceOf(name, namespace, ports),
  ]
}

const operator = partOf(
  {
    part: 'operator',
    args: ['--zap-log-level=info', '--zap-encoder=console', '--enable-cert-rotation=false'],
    readyz: { port: 8081 },
  },
  [
    { name: 'metricsservice', port: 9666 },
    { name: 'metrics', port: 8080 },
  ],
)

const metricsServer = partOf(
  {
    part: 'metricsServer',
    args: [
      '--secure-port=6443',
      '--zap-log-level=error',
      '--client-ca-file=/certs/ca.crt',
      '--tls-cert-file=/certs/tls.crt',
      '--tls-private-key-file=/certs/tls.key',
      '--cert-dir=/certs',
    ],
    readyz: { port: 6443, scheme: 'HTTPS' },
  },
  [
    { name: 'https', port: 443, targetPort: 6443 },
    { name: 'metrics', port: 8080 },
  ],
)

/** What `kubectl apply` takes, the CRDs apart. */
export const kedaManifests = (certificate: CertificateText) => ({
  apiVersion: 'v1',
  kind: 'List',
  items: [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: kedaNamespace } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account, namespace: kedaNamespace } },
    certificateSecret(certificates, kedaNamespace, certificate),
    ...rights,
    ...operator,
    ...metricsServer,
    apiService({
      name: externalMetrics,
      service: { name: kedaDeployments.metricsServer, namespace: kedaNamespace },
      certificate: certificate.certificate,
    }),
  ],
})
