// Names in the cluster: CoreDNS with the rights, the Service and the settings that Kubernetes' own documents give it.
import { clusterDomain, dnsAddress, hostAddress, hostName } from './addresses.ts'
import { corednsImage } from './make-system-images.ts'

const namespace = 'kube-system'
const labels = { 'k8s-app': 'kube-dns' }
export const dnsDeployment = 'coredns'

/** Names of the cluster, the host's, and no others: nothing outside can be reached. */
const corefile = `${clusterDomain}:53 in-addr.arpa:53 ip6.arpa:53 {
    errors
    kubernetes ${clusterDomain} in-addr.arpa ip6.arpa {
       pods insecure
       ttl 5
    }
    cache 5
    loadbalance
}
${hostName}:53 {
    errors
    hosts {
       ${hostAddress} ${hostName}
    }
}
.:53 {
    errors
    health {
       lameduck 1s
    }
    ready
    template ANY ANY {
       rcode NXDOMAIN
    }
    prometheus :9153
}
`

const rights = [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'coredns', namespace } },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'system:coredns' },
    rules: [
      { apiGroups: [''], resources: ['services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
    ],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'system:coredns' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:coredns' },
    subjects: [{ kind: 'ServiceAccount', name: 'coredns', namespace }],
  },
]

const container = {
  name: 'coredns',
  image: corednsImage,
  imagePullPolicy: 'IfNotPresent',
  args: ['-conf', '/etc/coredns/Corefile'],
  resources: { limits: { memory: '170Mi' }, requests: { cpu: '50m', memory: '40Mi' } },
  ports: [
    { containerPort: 53, name: 'dns', protocol: 'UDP' },
    { containerPort: 53, name: 'dns-tcp', protocol: 'TCP' },
  ],
  readinessProbe: { httpGet: { path: '/ready', port: 8181 }, periodSeconds: 1, failureThreshold: 60 },
  livenessProbe: { httpGet: { path: '/health', port: 8080 }, initialDelaySeconds: 60, timeoutSeconds: 5 },
  securityContext: {
    allowPrivilegeEscalation: false,
    capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
    readOnlyRootFilesystem: true,
  },
  volumeMounts: [{ name: 'settings', mountPath: '/etc/coredns', readOnly: true }],
}

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: dnsDeployment, namespace, labels },
  spec: {
    replicas: 1,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        serviceAccountName: 'coredns',
        priorityClassName: 'system-cluster-critical',
        dnsPolicy: 'Default',
        containers: [container],
        volumes: [{ name: 'settings', configMap: { name: 'coredns' } }],
      },
    },
  },
}

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'kube-dns', namespace, labels: { ...labels, 'kubernetes.io/name': 'CoreDNS' } },
  spec: {
    selector: labels,
    clusterIP: dnsAddress,
    ports: [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53, protocol: 'TCP' },
    ],
  },
}

/** What `kubectl apply` takes. */
export const dnsManifests = {
  apiVersion: 'v1',
  kind: 'List',
  items: [
    ...rights,
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'coredns', namespace },
      data: { Corefile: corefile },
    },
    deployment,
    service,
  ],
}
