// What a server of others needs in a cluster to answer a part of the Kubernetes API: rights, a Service, the registration of
// its part. Pure.

/** PEM texts. */
export interface CertificateText {
  readonly certificate: string
  readonly key: string
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** Words are split by spaces. */
export const rule = (apiGroup: string, resources: string, verbs: string) => ({
  apiGroups: [apiGroup],
  resources: resources.split(' '),
  verbs: verbs.split(' '),
})

const rbac = 'rbac.authorization.k8s.io'

export const clusterRole = (name: string, rules: readonly object[]) => ({
  apiVersion: `${rbac}/v1`,
  kind: 'ClusterRole',
  metadata: { name },
  rules,
})

interface Subject {
  readonly kind: 'ServiceAccount'
  readonly name: string
  readonly namespace: string
}

export const accountOf = (name: string, namespace: string): Subject => ({
  kind: 'ServiceAccount',
  name,
  namespace,
})

export const clusterBinding = (name: string, role: string, subject: Subject) => ({
  apiVersion: `${rbac}/v1`,
  kind: 'ClusterRoleBinding',
  metadata: { name },
  roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: role },
  subjects: [subject],
})

/** Lets the account ask the API server who asks it, and what they may. */
export const delegation = (name: string, subject: Subject): readonly object[] => [
  clusterBinding(`${name}-system-auth-delegator`, 'system:auth-delegator', subject),
  {
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata: { name: `${name}-auth-reader`, namespace: 'kube-system' },
    roleRef: { apiGroup: rbac, kind: 'Role', name: 'extension-apiserver-authentication-reader' },
    subjects: [subject],
  },
]

/** Lets HorizontalPodAutoscalers read the metrics of an API group. */
export const readByAutoscalers = (name: string, apiGroup: string): readonly object[] => [
  clusterRole(name, [rule(apiGroup, '*', 'get list')]),
  clusterBinding(name, name, accountOf('horizontal-pod-autoscaler', 'kube-system')),
]

/** The security context of a container that passes `restricted`. */
const restricted = {
  runAsNonRoot: true,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
}

interface Server {
  readonly name: string
  readonly namespace: string
  readonly account: string
  readonly image: string
  /** In the image's root. */
  readonly program: string
  readonly args: readonly string[]
  readonly env?: readonly object[]
  /** Where it tells that it is ready: a port, and the scheme if it is not HTTP. */
  readonly readyz: object
  /** The Secret of its certificate, which it finds in /certs. */
  readonly certificates: string
  /** ConfigMap → folder. */
  readonly settings?: Readonly<Record<string, string>>
}

const containerOf = ({ name, image, program, args, env, readyz, settings = {} }: Server) => ({
  name,
  image,
  imagePullPolicy: 'IfNotPresent',
  command: [`/${program}`],
  args,
  env,
  readinessProbe: { httpGet: { path: '/readyz', ...readyz }, periodSeconds: 1, failureThreshold: 120 },
  resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '512Mi' } },
  securityContext: restricted,
  volumeMounts: [
    { name: 'temporary', mountPath: '/tmp' },
    { name: 'certificates', mountPath: '/certs', readOnly: true },
    ...Object.entries(settings).map(([map, mountPath]) => ({ name: map, mountPath, readOnly: true })),
  ],
})

const volumesOf = ({ certificates, settings = {} }: Server) => [
  { name: 'temporary', emptyDir: {} },
  { name: 'certificates', secret: { secretName: certificates } },
  ...Object.keys(settings).map((map) => ({ name: map, configMap: { name: map } })),
]

/** One pod, under the label `app`. */
export const deploymentOf = (server: Server) => {
  const { name, namespace, account } = server
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels: { app: name } },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          serviceAccountName: account,
          terminationGracePeriodSeconds: 5,
          containers: [containerOf(server)],
          volumes: volumesOf(server),
        },
      },
    },
  }
}

export const serviceOf = (name: string, namespace: string, ports: readonly object[]) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace },
  spec: { selector: { app: name }, ports },
})

/** Names that a Service has within the cluster. */
export const serviceNames = (service: string, namespace: string): readonly string[] => [
  service,
  `${service}.${namespace}.svc`,
  `${service}.${namespace}.svc.cluster.local`,
]

/** The certificate vouches for itself. */
export const certificateSecret = (
  name: string,
  namespace: string,
  { certificate, key }: CertificateText,
) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace },
  data: { 'ca.crt': base64(certificate), 'tls.crt': base64(certificate), 'tls.key': base64(key) },
})

interface Registration {
  /** As in `v1beta1.external.metrics.k8s.io`. */
  readonly name: string
  readonly service: { readonly name: string; readonly namespace: string }
  readonly certificate: string
}

/** What is asked of this part of the API goes from the API server to the Service. */
export const apiService = ({ name, service, certificate }: Registration) => {
  const [version = '', ...group] = name.split('.')
  return {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name },
    spec: {
      group: group.join('.'),
      version,
      groupPriorityMinimum: 100,
      versionPriority: 100,
      caBundle: base64(certificate),
      service,
    },
  }
}
