// KEDA in a cluster of ours: operator and metrics server, with the rights that KEDA's own manifests give them, ready as
// soon as they can be. Its webhooks, which only say earlier what the operator says later, are left out; so is its
// rotation of certificates, for which a new pod waits a minute until the kubelet shows it its Secret.
import { kedaImages, kedaPrograms } from './fetch-keda.ts'

export const kedaNamespace = 'keda'
const account = 'keda-operator'
export const kedaDeployments = { operator: 'keda-operator', metricsServer: 'keda-metrics-apiserver' } as const
const certificates = 'kedaorg-certs'
export const externalMetrics = 'v1beta1.external.metrics.k8s.io'

/** What both prove themselves with, to one another and to the API server. */
export const kedaServerNames = Object.values(kedaDeployments).flatMap((service) => [
  service,
  `${service}.${kedaNamespace}.svc`,
  `${service}.${kedaNamespace}.svc.cluster.local`,
])

/** PEM texts. */
export interface CertificateText {
  readonly certificate: string
  readonly key: string
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

const rule = (apiGroup: string, resources: string, verbs: string) => ({
  apiGroups: [apiGroup],
  resources: resources.split(' '),
  verbs: verbs.split(' '),
})

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

const rbac = 'rbac.authorization.k8s.io'
const subject = { kind: 'ServiceAccount', name: account, namespace: kedaNamespace }

const clusterRole = (name: string, rules: readonly object[]) => ({
  apiVersion: `${rbac}/v1`,
  kind: 'ClusterRole',
  metadata: { name },
  rules,
})

const clusterBinding = (name: string, role: string, to: object = subject) => ({
  apiVersion: `${rbac}/v1`,
  kind: 'ClusterRoleBinding',
  metadata: { name },
  roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: role },
  subjects: [to],
})

const horizontalPodAutoscaler = {
  kind: 'ServiceAccount',
  name: 'horizontal-pod-autoscaler',
  namespace: 'kube-system',
}

const rights = [
  clusterRole('keda-operator', operatorRules),
  clusterBinding('keda-operator', 'keda-operator'),
  clusterRole('keda-external-metrics-reader', [rule('external.metrics.k8s.io', '*', 'get list')]),
  clusterBinding(
    'keda-hpa-controller-external-metrics',
    'keda-external-metrics-reader',
    horizontalPodAutoscaler,
  ),
  clusterBinding('keda-system-auth-delegator', 'system:auth-delegator'),
  {
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata: { name: 'keda-auth-reader', namespace: 'kube-system' },
    roleRef: { apiGroup: rbac, kind: 'Role', name: 'extension-apiserver-authentication-reader' },
    subjects: [subject],
  },
]

const restricted = {
  runAsNonRoot: true,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
}

interface Container {
  readonly part: keyof typeof kedaDeployments
  readonly args: readonly string[]
  readonly readyz: object
}

const containerOf = ({ part, args, readyz }: Container) => ({
  name: kedaDeployments[part],
  image: kedaImages[part],
  imagePullPolicy: 'IfNotPresent',
  command: [`/${kedaPrograms[part]}`],
  args,
  env: [
    { name: 'POD_NAMESPACE', value: kedaNamespace },
    { name: 'WATCH_NAMESPACE', value: '' },
  ],
  readinessProbe: { httpGet: { path: '/readyz', ...readyz }, periodSeconds: 1, failureThreshold: 120 },
  resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '512Mi' } },
  securityContext: restricted,
  volumeMounts: [
    { name: 'temporary', mountPath: '/tmp' },
    { name: 'certificates', mountPath: '/certs', readOnly: true },
  ],
})

const deploymentOf = (container: Container) => {
  const name = kedaDeployments[container.part]
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: kedaNamespace, labels: { app: name } },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          serviceAccountName: account,
          terminationGracePeriodSeconds: 5,
          containers: [containerOf(container)],
          volumes: [
            { name: 'temporary', emptyDir: {} },
            { name: 'certificates', secret: { secretName: certificates } },
          ],
        },
      },
    },
  }
}

const serviceOf = (name: string, ports: readonly object[]) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: kedaNamespace },
  spec: { selector: { app: name }, ports },
})

const operator = [
  deploymentOf({
    part: 'operator',
    args: ['--zap-log-level=info', '--zap-encoder=console', '--enable-cert-rotation=false'],
    readyz: { port: 8081 },
  }),
  serviceOf(kedaDeployments.operator, [
    { name: 'metricsservice', port: 9666 },
    { name: 'metrics', port: 8080 },
  ]),
]

const metricsServer = [
  deploymentOf({
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
  }),
  serviceOf(kedaDeployments.metricsServer, [
    { name: 'https', port: 443, targetPort: 6443 },
    { name: 'metrics', port: 8080 },
  ]),
]

/** What the HorizontalPodAutoscaler asks goes from the API server to KEDA. */
const apiService = (certificate: string) => ({
  apiVersion: 'apiregistration.k8s.io/v1',
  kind: 'APIService',
  metadata: { name: externalMetrics },
  spec: {
    group: 'external.metrics.k8s.io',
    version: 'v1beta1',
    groupPriorityMinimum: 100,
    versionPriority: 100,
    caBundle: base64(certificate),
    service: { name: kedaDeployments.metricsServer, namespace: kedaNamespace },
  },
})

/** What `kubectl apply` takes, the CRDs apart. The certificate vouches for itself. */
export const kedaManifests = ({ certificate, key }: CertificateText) => ({
  apiVersion: 'v1',
  kind: 'List',
  items: [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: kedaNamespace } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account, namespace: kedaNamespace } },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: certificates, namespace: kedaNamespace },
      data: { 'ca.crt': base64(certificate), 'tls.crt': base64(certificate), 'tls.key': base64(key) },
    },
    ...rights,
    ...operator,
    ...metricsServer,
    apiService(certificate),
  ],
})
