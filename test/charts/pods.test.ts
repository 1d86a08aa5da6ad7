// What the pods of the chart are given, as Helm renders them.
import assert from 'node:assert/strict'
import { manifestsIn, podSpecOf, renderChart, withLeast } from './render-chart.ts'

const files = {
  kafka: { tls: { enabled: true, clientCertificate: { existingSecret: 'kafka' } } },
  trustedCertificates: { existingConfigMap: 'trust' },
  demoModel: { enabled: true },
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
})
