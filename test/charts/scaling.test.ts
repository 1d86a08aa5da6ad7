// What scales the pods asks for what the parts tell, and is answered by the rules that the chart gives for it.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { parse, parseAllDocuments } from 'yaml'
import { leastValues, renderChart } from './render-chart.ts'

interface Scaler {
  readonly kind: string
  readonly spec: {
    readonly metrics?: readonly object[]
    readonly triggers?: readonly { readonly metadata: Readonly<Record<string, string>> }[]
  }
}

interface AdapterRules {
  readonly rules: readonly { readonly seriesQuery: string }[]
}

const orchestrator = { capacity: 8, targetUtilization: 75 }

const scalersOf = async (kind: 'hpa' | 'keda', scaler: string): Promise<readonly Scaler[]> => {
  const { capacity, targetUtilization } = orchestrator
  const text = await renderChart({
    ...leastValues,
    gateway: { scaling: { kind, targetConnections: 60 } },
    orchestrator: { capacity, scaling: { kind, targetUtilization } },
    keda: { prometheusAddress: 'http://prometheus.monitoring:9090' },
  })
  return parseAllDocuments(text)
    .flatMap((document) => (document.toJS() as Scaler | null) ?? [])
    .filter((manifest) => manifest.kind === scaler)
}

describe('What scales the pods', function () {
  this.timeout(600_000)

  it('asks Prometheus for connections and for turns that could run now, as KEDA', async () => {
    const scalers = await scalersOf('keda', 'ScaledObject')
    const triggers = scalers.map(({ spec }) => spec.triggers?.map(({ metadata }) => metadata))
    assert.deepEqual(
      triggers.map((each) => each?.map(({ query, threshold }) => [query, threshold])),
      [
        [['sum(konstruct_gateway_connections{namespace="konstruct"})', '60']],
        [['max(konstruct_turns_runnable{namespace="konstruct"})', '6']],
      ],
    )
    for (const { ignoreNullValues } of triggers.flatMap((each) => each ?? []))
      assert.equal(ignoreNullValues, 'false', 'what nobody tells is not 0')
  })

  it('asks the adapter for the same as a plain HorizontalPodAutoscaler', async () => {
    const [gateway, turns] = (await scalersOf('hpa', 'HorizontalPodAutoscaler')).map(({ spec }) => spec.metrics)
    assert.deepEqual(gateway, [
      {
        type: 'Pods',
        pods: {
          metric: { name: 'konstruct_gateway_connections' },
          target: { type: 'AverageValue', averageValue: '60' },
        },
      },
    ])
    assert.deepEqual(turns, [
      {
        type: 'Object',
        object: {
          describedObject: { apiVersion: 'v1', kind: 'Namespace', name: 'konstruct' },
          metric: { name: 'konstruct_turns_runnable' },
          target: { type: 'AverageValue', averageValue: '6' },
        },
      },
    ])
  })

  it('is answered by the rules for the adapter', () => {
    const { rules } = parse(readFileSync('charts/konstruct/files/prometheus-adapter.yaml', 'utf8')) as AdapterRules
    assert.deepEqual(
      rules.map(({ seriesQuery }) => seriesQuery.replace(/\{.*/, '')),
      ['konstruct_gateway_connections', 'konstruct_turns_runnable'],
    )
  })
})
