// The programs of the control plane and what they are told. Pure: paths in, command lines out.
import { join } from 'node:path'
import { apiserverUrl, nodeAddress, podRange, serviceRange } from './addresses.ts'
import type { ClusterFolder } from './cluster-folder.ts'
import { apiserverCertificate, type Credentials, type UserName } from './credentials.ts'
import type { ClusterPrograms } from './fetch-programs.ts'
import type { NodeProgram } from './node-space.ts'

export interface ClusterParts {
  readonly programs: ClusterPrograms
  readonly folder: ClusterFolder
  readonly credentials: Credentials
  /** Folder of the credentials. */
  readonly secrets: string
}

const etcdUrl = 'http://127.0.0.1:2379'

export const kubeconfigOf = ({ secrets }: ClusterParts, name: UserName): string =>
  join(secrets, `${name}.kubeconfig`)

/** Its data need not outlive a crash of the machine. */
export const etcdProgram = ({ programs, folder }: ClusterParts): NodeProgram => ({
  name: 'etcd',
  command: programs.etcd,
  args: [
    '--data-dir=/var/lib/etcd/data',
    `--listen-client-urls=${etcdUrl}`,
    `--advertise-client-urls=${etcdUrl}`,
    '--listen-peer-urls=http://127.0.0.1:2380',
    '--unsafe-no-fsync',
    '--log-level=warn',
  ],
  logFile: folder.log('etcd'),
})

export const apiserverProgram = ({ programs, folder, credentials, secrets }: ClusterParts): NodeProgram => ({
  name: 'kube-apiserver',
  command: programs.kubeApiserver,
  args: [
    `--etcd-servers=${etcdUrl}`,
    `--advertise-address=${nodeAddress}`,
    `--secure-port=${new URL(apiserverUrl).port}`,
    `--cert-dir=${secrets}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    '--allow-privileged=true',
    `--token-auth-file=${credentials.tokens}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${credentials.serviceAccountKey}`,
    `--service-account-signing-key-file=${credentials.serviceAccountKey}`,
    `--service-cluster-ip-range=${serviceRange}`,
    `--kubelet-client-certificate=${credentials.kubeletClient.certificate}`,
    `--kubelet-client-key=${credentials.kubeletClient.key}`,
    '--kubelet-preferred-address-types=InternalIP',
    // Nobody else has a certificate, but those who ask whom to trust want an answer.
    `--client-ca-file=${credentials.kubeletClient.certificate}`,
    // For API servers of others, such as the one of metrics that scaling asks.
    `--requestheader-client-ca-file=${credentials.frontProxy.certificate}`,
    '--requestheader-allowed-names=front-proxy',
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    `--proxy-client-cert-file=${credentials.frontProxy.certificate}`,
    `--proxy-client-key-file=${credentials.frontProxy.key}`,
    '--enable-aggregator-routing=true',
    '--profiling=false',
  ],
  logFile: folder.log('kube-apiserver'),
})

export const controllerManagerProgram = (parts: ClusterParts): NodeProgram => ({
  name: 'kube-controller-manager',
  command: parts.programs.kubeControllerManager,
  args: [
    ...asUser(parts, 'kube-controller-manager'),
    '--use-service-account-credentials=true',
    `--service-account-private-key-file=${parts.credentials.serviceAccountKey}`,
    `--root-ca-file=${apiserverCertificate(parts.secrets)}`,
    `--cluster-cidr=${podRange}`,
  ],
  logFile: parts.folder.log('kube-controller-manager'),
})

export const schedulerProgram = (parts: ClusterParts): NodeProgram => ({
  name: 'kube-scheduler',
  command: parts.programs.kubeScheduler,
  args: asUser(parts, 'kube-scheduler'),
  logFile: parts.folder.log('kube-scheduler'),
})

const asUser = (parts: ClusterParts, name: UserName): readonly string[] => [
  ...['kubeconfig', 'authentication-kubeconfig', 'authorization-kubeconfig'].map(
    (flag) => `--${flag}=${kubeconfigOf(parts, name)}`,
  ),
  '--bind-address=127.0.0.1',
  '--leader-elect=false',
  '--profiling=false',
]
