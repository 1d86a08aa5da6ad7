// What the pods of the chart are given, as Helm renders them.
import assert from 'node:assert/strict'
import { type Manifest, manifestsIn, podMetadataOf, podSpecOf, renderChart, withLeast } from './render-chart.ts'

const files = {
  kafka: { tls: { enabled: true, clientCertificate: { existingSecret: 'kafka' } } },
  trustedCertificates: { existingConfigMap: 'trust' },
  demoModel: { enabled: true },
}

/** What the values say of a pod's place, as its manifest has it. */
const placeOf = (manifests: readonly Manifest[], name: string): object => {
  const [manifest] = manifests.filter((each) => each.metadata.name === name && podSpecOf(each) !== undefined)
  assert.ok(manifest, name)
  const { nodeSelector, tolerations, affinity, priorityClassName } = podSpecOf(manifest) ?? assert.fail(name)
  const { labels, annotations } = podMetadataOf(manifest)
  return {
    podAnnotations: { scanned: annotations?.['scanned'] },
    podLabels: { team: labels?.['team'] },
    nodeSelector,
    tolerations,
    affinity,
    priorityClassName,
  }
}

describe('The pods of the chart', function () {
  this.timeout(600_000)

  it('see files only where they use them: the key for Kafka, and the authorities of stores and models', async () => {
    const specs = manifestsIn(await renderChart(withLeast(files))).flatMap((manifest) => podSpecOf(manifest) ?? [])
    const seen = specs.flatMap(({ initContainers = [], containers, volumes = [] }) => {
      const mounts = [...initContainers, ...containers].flatMap(({ volumeMounts = [] }) => volumeMounts)
      for (const { name } of volumes) assert.ok(mounts.some((mount) => mount.name === name), name)
      return [...initContainers, ...containers].map(({ name, volumeMounts = [] }): [string, string[]] => [
        name,
        volumeMounts.map((mount) => mount.name),
      ])
    })
    assert.deepEqual(Object.fromEntries(seen), {
      operator: ['trust', 'kafka'],
      gateway: ['trust', 'kafka'],
      orchestrator: ['trust', 'kafka'],
      'demo-model': [],
      migrations: ['trust'],
      'uninstall-guard': [],
      'release-test': [],
    })
  })

  it('run where the operator does, also those that are there for a short time only', async () => {
    const placed = {
      podAnnotations: { scanned: 'no' },
      podLabels: { team: 'platform' },
      nodeSelector: { pool: 'chat' },
      tolerations: [{ key: 'chat', operator: 'Exists' }],
      affinity: { nodeAffinity: {} },
      priorityClassName: 'platform',
    }
    const resources = { requests: { cpu: '1m', memory: '1Mi' }, limits: { memory: '64Mi' } }
    const manifests = manifestsIn(await renderChart(withLeast({ operator: placed, migrations: { resources } })))
    for (const name of ['operator', 'migrations', 'uninstall-guard', 'release-test'])
      assert.deepEqual(placeOf(manifests, `konstruct-${name}`), placed, name)
    const [migrations] = manifests.filter(({ metadata }) => metadata.name === 'konstruct-migrations' ).flatMap((manifest) => podSpecOf(manifest)?.containers ?? [])
    assert.deepEqual(migrations?.resources, resources)
  })
})
