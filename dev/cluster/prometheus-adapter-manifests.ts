// prometheus-adapter in a cluster of ours: it answers the API for custom metrics out of a Prometheus, by the rules that it is
// given, with the rights that its own manifests give it for that.
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
import { adapterImage, adapterProgram } from './fetch-prometheus-adapter.ts'

export const adapterName = 'prometheus-adapter'
/** The names of its namespace, its Deployment and its Service are one. */
const namespace = adapterName
const certificates = 'certificates'
export const customMetrics = 'v1beta1.custom.metrics.k8s.io'

export const adapterServerNames = serviceNames(adapterName, namespace)

export interface AdapterOptions {
  readonly prometheusUrl: string
  /** The text of its configuration: YAML with `rules`. */
  readonly rules: string
}

const subject = accountOf(adapterName, namespace)

/** It looks up which pods a selector means. */
const rights = [
  clusterRole(adapterName, [rule('', 'nodes namespaces pods services', 'get list watch')]),
  clusterBinding(adapterName, adapterName, subject),
  ...readByAutoscalers('custom-metrics-reader', 'custom.metrics.k8s.io'),
  ...delegation(adapterName, subject),
]

const deployment = (prometheusUrl: string) =>
  deploymentOf({
    name: adapterName,
    namespace,
    account: adapterName,
    image: adapterImage,
    program: adapterProgram,
    args: [
      '--secure-port=6443',
      '--tls-cert-file=/certs/tls.crt',
      '--tls-private-key-file=/certs/tls.key',
      '--config=/etc/adapter/rules.yaml',
      `--prometheus-url=${prometheusUrl}`,
      // It looks for new metrics that often; without the flag every ten minutes.
      '--metrics-relist-interval=10s',
    ],
    readyz: { port: 6443, scheme: 'HTTPS' },
    certificates,
    settings: { rules: '/etc/adapter' },
  })

/** What `kubectl apply` takes. */
export const adapterManifests = ({ prometheusUrl, rules }: AdapterOptions, certificate: CertificateText) => {
  const name = adapterName
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } },
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'rules', namespace },
        data: { 'rules.yaml': rules },
      },
      certificateSecret(certificates, namespace, certificate),
      ...rights,
      deployment(prometheusUrl),
      serviceOf(name, namespace, [{ name: 'https', port: 443, targetPort: 6443 }]),
      apiService({
        name: customMetrics,
        service: { name, namespace },
        certificate: certificate.certificate,
      }),
    ],
  }
}
