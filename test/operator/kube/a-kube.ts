// A namespace of its own on the shared API server, with a kind that counts generations and has a status. The
// namespace's name is random: nothing finishes the deletion of a namespace on a server without controllers.
import { randomUUID } from 'node:crypto'
import { Registry } from 'prom-client'
import { connectKube } from '../../../operator/kube/connection.ts'
import { KubeClient, type Wanted } from '../../../operator/kube/kube-client.ts'
import { createKubeMetrics } from '../../../operator/kube/kube-metrics.ts'
import type { KubeObject, Resource } from '../../../operator/kube/resource.ts'
import { kubeApiserver } from '../../support/parts.ts'
import { waitUntil } from '../../support/wait-until.ts'

const namespaces: Resource = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces' }

const definitions: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
}

export interface Thing extends KubeObject {
  readonly spec?: { readonly color?: string }
  readonly status?: { readonly seen?: string }
}

const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

const thingDefinition: Wanted = {
  metadata: { name: 'things.test.konstruct.dev' },
  spec: {
    group: 'test.konstruct.dev',
    scope: 'Namespaced',
    names: { kind: 'Thing', listKind: 'ThingList', plural: 'things', singular: 'thing' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: { type: 'object', properties: { spec: anything, status: anything } },
        },
      },
    ],
  },
}

export interface AKube {
  readonly kubeconfig: string
  readonly namespace: string
  readonly client: KubeClient
  readonly things: Resource
  readonly configMaps: Resource
  readonly secrets: Resource
  readonly aThing: (name: string, color: string) => Wanted
  close(): Promise<void>
}

/** @param kubeconfig another way to the same server, such as through a proxy */
export const openClient = (kubeconfig: string) => {
  const connection = connectKube(kubeconfig)
  const metrics = createKubeMetrics(new Registry())
  return { connection, client: new KubeClient({ connection, metrics }) }
}

export const aKube = async (): Promise<AKube> => {
  const { kubeconfig } = await kubeApiserver()
  const { connection, client } = openClient(kubeconfig)
  const namespace = `test-${randomUUID().slice(0, 8)}`
  const core = { group: '', version: 'v1', namespace }
  const things: Resource = {
    group: 'test.konstruct.dev',
    version: 'v1',
    kind: 'Thing',
    plural: 'things',
    namespace,
  }
  await client.apply(namespaces, { metadata: { name: namespace } })
  await client.apply(definitions, thingDefinition)
  await waitUntil({ until: 'things are served', deadlineMs: 10_000 }, () =>
    client.list(things).then(() => true),
  )
  return {
    kubeconfig,
    namespace,
    client,
    things,
    configMaps: { ...core, kind: 'ConfigMap', plural: 'configmaps' },
    secrets: { ...core, kind: 'Secret', plural: 'secrets' },
    aThing: (name, color) => ({ metadata: { name, namespace }, spec: { color } }),
    close: () => connection.close(),
  }
}
