// The election's lease as a coordination.k8s.io/v1 Lease. Its times need six digits after the second: a plain Date
// has three, and the API server refuses it.
import { V1MicroTime } from '@kubernetes/client-node'
import type { Lease, LeaseStore, StoredLease } from '../loop/leader-election.ts'
import type { KubeClient } from './kube-client.ts'
import type { KubeObject, Resource } from './resource.ts'

interface LeaseObject extends KubeObject {
  readonly spec: {
    readonly holderIdentity?: string
    readonly leaseDurationSeconds?: number
    readonly acquireTime?: string
    readonly renewTime?: string
    readonly leaseTransitions?: number
  }
}

const specOf = (lease: Lease) => ({
  holderIdentity: lease.holder,
  leaseDurationSeconds: lease.durationSeconds,
  acquireTime: new V1MicroTime(lease.acquired),
  renewTime: new V1MicroTime(lease.renewed),
  leaseTransitions: lease.transitions,
})

const leaseOf = ({ metadata, spec }: LeaseObject): StoredLease => ({
  holder: spec.holderIdentity ?? '',
  durationSeconds: spec.leaseDurationSeconds ?? 0,
  acquired: new Date(spec.acquireTime ?? 0),
  renewed: new Date(spec.renewTime ?? 0),
  transitions: spec.leaseTransitions ?? 0,
  version: metadata.resourceVersion ?? '',
})

/** The lease of that name; it need not exist. */
export const createLeaseStore = (
  client: Pick<KubeClient, 'get' | 'create' | 'replace'>,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): LeaseStore => {
  const resource: Resource = {
    group: 'coordination.k8s.io',
    version: 'v1',
    kind: 'Lease',
    plural: 'leases',
    namespace,
  }
  return {
    read: async (signal) => {
      const found = await client.get<LeaseObject>(resource, name, signal)
      return found === undefined ? undefined : leaseOf(found)
    },
    create: async (lease, signal) => {
      const object = { metadata: { name, namespace }, spec: specOf(lease) }
      return leaseOf(await client.create<LeaseObject>(resource, object, signal))
    },
    update: async (lease, signal) => {
      const metadata = { name, namespace, resourceVersion: lease.version }
      return leaseOf(await client.replace<LeaseObject>(resource, { metadata, spec: specOf(lease) }, signal))
    },
  }
}
