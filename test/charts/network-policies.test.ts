// Where the network policies let pods go, as Helm renders them; test/cluster/ tries it.
import assert from 'node:assert/strict'
import { parseAllDocuments } from 'yaml'
import { renderChart, withLeast } from './render-chart.ts'

interface Policy {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly spec: { readonly egress?: readonly { readonly ports: readonly { readonly port: number }[] }[] }
}

describe('The network policies', function () {
  this.timeout(600_000)

  it('let pods go to further ports of stores: brokers that are found later, and a PostgreSQL that is to be moved to', async () => {
    const text = await renderChart(withLeast({ networkPolicy: { stores: { ports: [9093, 5433] } } }))
    const policies = parseAllDocuments(text).flatMap((document) => (document.toJS() as Policy | null) ?? [])
    const portsOf = (part: string): readonly number[] | undefined =>
      policies
        .find(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === `konstruct-${part}`)
        ?.spec.egress?.[0]?.ports.map(({ port }) => port)
    for (const part of ['operator', 'gateway', 'orchestrator'])
      assert.deepEqual(portsOf(part), [5432, 6379, 9092, 9093, 5433], part)
    assert.deepEqual(portsOf('migrations'), [5432, 9093, 5433])
  })
})
