import assert from 'node:assert/strict'
import { BlockList } from 'node:net'
import {
  clusterRange,
  dnsAddress,
  hostAddress,
  hostInterface,
  nodeAddress,
  podGateway,
  podRange,
  serviceRange,
} from '../../../dev/cluster/addresses.ts'
import { openClusterFolder } from '../../../dev/cluster/cluster-folder.ts'
import {
  apiserverProgram,
  type ClusterParts,
  controllerManagerProgram,
  schedulerProgram,
} from '../../../dev/cluster/control-plane.ts'
import { dnsManifests } from '../../../dev/cluster/dns-manifests.ts'
import { corednsImage } from '../../../dev/cluster/make-system-images.ts'
import { nodeSettings, pauseImage } from '../../../dev/cluster/node-programs.ts'

const certificate = (name: string) => ({ certificate: `/s/${name}.crt`, key: `/s/${name}.key` })

const parts: ClusterParts = {
  programs: {
    etcd: '/p/etcd',
    kubeApiserver: '/p/kube-apiserver',
    kubectl: '/p/kubectl',
    kubeControllerManager: '/p/kube-controller-manager',
    kubeScheduler: '/p/kube-scheduler',
    kubelet: '/p/kubelet',
    kubeProxy: '/p/kube-proxy',
    coredns: '/p/coredns',
    debian: { folder: '/d', environment: {} },
  },
  folder: { ...openClusterFolder('/c'), log: (name) => `/c/logs/${name}.log` },
  credentials: {
    tokens: '/s/tokens.csv',
    serviceAccountKey: '/s/service-accounts.key',
    kubeletClient: certificate('kubelet-client'),
    frontProxy: certificate('front-proxy'),
    kubeconfig: (_, file) => file,
  },
  secrets: '/s',
}

const rangeOf = (range: string): BlockList => {
  const [network = '', prefix] = range.split('/')
  const list = new BlockList()
  list.addSubnet(network, Number(prefix))
  return list
}

describe('The plan of a cluster', () => {
  it('has its addresses in one range, and pods, Services and the link apart from one another', () => {
    const inCluster = [hostAddress, nodeAddress, podGateway, dnsAddress]
    for (const address of inCluster) assert.ok(rangeOf(clusterRange).check(address), address)
    assert.ok(rangeOf(podRange).check(podGateway))
    assert.ok(rangeOf(serviceRange).check(dnsAddress))
    for (const address of [hostAddress, nodeAddress, dnsAddress])
      assert.equal(rangeOf(podRange).check(address), false, address)
    for (const address of [hostAddress, nodeAddress, podGateway])
      assert.equal(rangeOf(serviceRange).check(address), false, address)
    assert.ok(hostInterface.length <= 15)
  })

  it('lets nobody in without a name of his own', () => {
    const { args } = apiserverProgram(parts)
    assert.ok(args.includes('--authorization-mode=Node,RBAC'))
    assert.ok(args.includes('--enable-admission-plugins=NodeRestriction'))
    const kubelet = JSON.parse(nodeSettings(parts, '/n')['kubelet.json'] ?? '') as {
      authentication: { anonymous: unknown }
      authorization: unknown
    }
    assert.deepEqual(kubelet.authentication.anonymous, { enabled: false })
    assert.deepEqual(kubelet.authorization, { mode: 'Webhook' })
    for (const program of [controllerManagerProgram(parts), schedulerProgram(parts)])
      assert.ok(program.args.includes(`--kubeconfig=/s/${program.name}.kubeconfig`))
  })

  it('runs on control groups of version 1, below a group of its own, and throws no image away', () => {
    const kubelet = JSON.parse(nodeSettings(parts, '/n')['kubelet.json'] ?? '') as Record<string, unknown>
    const { failCgroupV1, cgroupDriver, cgroupRoot, evictionHard, imageGCHighThresholdPercent } = kubelet
    assert.deepEqual(
      { failCgroupV1, cgroupDriver, cgroupRoot, evictionHard, imageGCHighThresholdPercent },
      {
        failCgroupV1: false,
        cgroupDriver: 'cgroupfs',
        cgroupRoot: '/konstruct',
        evictionHard: {},
        imageGCHighThresholdPercent: 100,
      },
    )
  })

  it('leaves the machine’s bound on connections alone', () => {
    const proxy = JSON.parse(nodeSettings(parts, '/n')['kube-proxy.json'] ?? '') as { conntrack: unknown }
    assert.deepEqual(proxy.conntrack, { maxPerCore: 0 })
  })

  it('uses the images that are made for it', () => {
    assert.match(
      nodeSettings(parts, '/n')['containerd.toml'] ?? '',
      new RegExp(`sandbox_image = "${pauseImage}"`),
    )
    assert.ok(JSON.stringify(dnsManifests).includes(`"image":"${corednsImage}"`))
  })
})
