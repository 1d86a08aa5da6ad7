// The programs of a node and their settings files. Pure: paths in, command lines and texts out.
import { join } from 'node:path'
import { clusterDomain, dnsAddress, nodeAddress, nodeName, podGateway, podRange } from './addresses.ts'
import { groupName } from './control-groups.ts'
import { type ClusterParts, kubeconfigOf } from './control-plane.ts'
import { apiserverCertificate } from './credentials.ts'
import type { NodeProgram } from './node-space.ts'

export const pauseImage = 'registry.k8s.io/pause:3.10'
export const containerdSocket = '/run/containerd/containerd.sock'

/** Settings files: name → text. */
type Settings = Readonly<Record<string, string>>

const containerdSettings = (settings: string, programs: string): string => `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper"]

[grpc]
address = "${containerdSocket}"

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "${pauseImage}"
# Root in a sandbox may not be allowed to shield a process from running out of memory more than it is itself.
restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "${join(programs, 'usr/lib/cni')}"
conf_dir = "${join(settings, 'cni')}"

[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"
default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = false
`

/** Pods keep their own address on the way to the host, which has a route back. */
const podNetwork = {
  cniVersion: '1.0.0',
  name: 'konstruct',
  plugins: [
    {
      type: 'bridge',
      bridge: 'cni0',
      isGateway: true,
      hairpinMode: true,
      ipam: {
        type: 'host-local',
        ranges: [[{ subnet: podRange, gateway: podGateway }]],
        routes: [{ dst: '0.0.0.0/0' }],
      },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
}

const kubeletSettings = (parts: ClusterParts, settings: string) => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  containerRuntimeEndpoint: `unix://${containerdSocket}`,
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: true },
    x509: { clientCAFile: parts.credentials.kubeletClient.certificate },
  },
  authorization: { mode: 'Webhook' },
  clusterDNS: [dnsAddress],
  clusterDomain,
  resolvConf: join(settings, 'resolv.conf'),
  cgroupDriver: 'cgroupfs',
  cgroupRoot: `/${groupName}`,
  failCgroupV1: false,
  failSwapOn: false,
  // The machine is shared with what it runs besides: nothing is reserved, and pods are not evicted for its sake.
  enforceNodeAllocatable: [],
  evictionHard: {},
  // An image that is removed could not be fetched again.
  imageGCHighThresholdPercent: 100,
  serializeImagePulls: false,
})

const kubeProxySettings = (parts: ClusterParts) => ({
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  clientConnection: { kubeconfig: kubeconfigOf(parts, 'kube-proxy') },
  mode: 'iptables',
  clusterCIDR: podRange,
  hostnameOverride: nodeName,
  // The bound on tracked connections is the whole machine's.
  conntrack: { maxPerCore: 0 },
  metricsBindAddress: '127.0.0.1:10249',
})

const json = (value: unknown): string => JSON.stringify(value, null, 2)

/** The settings files of the node, to be written into the given folder. */
export const nodeSettings = (parts: ClusterParts, folder: string): Settings => ({
  'containerd.toml': containerdSettings(folder, parts.programs.debian.folder),
  'cni/10-konstruct.conflist': json(podNetwork),
  'kubelet.json': json(kubeletSettings(parts, folder)),
  'kube-proxy.json': json(kubeProxySettings(parts)),
  // Names outside the cluster are not known inside: there is no way out of it but to the host.
  'resolv.conf': '',
})

export const containerdProgram = ({ programs, folder }: ClusterParts, settings: string): NodeProgram => ({
  name: 'containerd',
  command: join(programs.debian.folder, 'usr/bin/containerd'),
  args: [`--config=${join(settings, 'containerd.toml')}`],
  logFile: folder.log('containerd'),
})

export const kubeletProgram = (parts: ClusterParts, settings: string): NodeProgram => ({
  name: 'kubelet',
  command: parts.programs.kubelet,
  args: [
    `--config=${join(settings, 'kubelet.json')}`,
    `--kubeconfig=${kubeconfigOf(parts, 'kubelet')}`,
    `--hostname-override=${nodeName}`,
    `--node-ip=${nodeAddress}`,
    '--root-dir=/var/lib/kubelet',
  ],
  logFile: parts.folder.log('kubelet'),
})

export const kubeProxyProgram = (parts: ClusterParts, settings: string): NodeProgram => ({
  name: 'kube-proxy',
  command: parts.programs.kubeProxy,
  args: [`--config=${join(settings, 'kube-proxy.json')}`],
  logFile: parts.folder.log('kube-proxy'),
})

/** One of ours, beside kube-proxy: it writes rules of iptables too. */
export const networkPolicyProgram = ({ folder, secrets }: ClusterParts): NodeProgram => ({
  name: 'network-policies',
  command: process.execPath,
  args: [new URL('network-policies/main.ts', import.meta.url).pathname, folder.kubeconfig],
  environment: { NODE_EXTRA_CA_CERTS: apiserverCertificate(secrets) },
  logFile: folder.log('network-policies'),
})
