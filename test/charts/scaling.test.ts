// What scales the pods asks for what the parts tell, and is answered by the rules that the chart gives for it. That it finds as
// many pods as there were is up to a real API server, which knows who set their number.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { parse, parseAllDocuments } from 'yaml'
import { freshNamespace, kubectl } from '../support/kube.ts'
import { kubeApiserver } from '../support/parts.ts'
import { helmWith, leastValues, renderChart, withLeast } from './render-chart.ts'

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

  it('finds the pods that there were when it is turned on, as the README tells', async () => {
    const namespace = await freshNamespace()
    const { kubeconfig } = await kubeApiserver()
    const install = (scaling: object): Promise<string> =>
      helmWith(
        withLeast({ ...scaling, crds: { enabled: false }, fullnameOverride: namespace }),
        ['upgrade', '--install', 'konstruct', 'charts/konstruct', `--namespace=${namespace}`, '--no-hooks'],
        { KUBECONFIG: kubeconfig },
      )
    const replicas = (): Promise<string> =>
      kubectl('-n', namespace, 'get', 'deployments', '-o', 'jsonpath={.items[*].spec.replicas}')
    await install({})
    assert.equal(await replicas(), '2 2 2')
    const readme = readFileSync('charts/konstruct/README.md', 'utf8')
    const [, command = ''] = /^kubectl (-n konstruct scale deployment.*)$/m.exec(readme) ?? []
    await kubectl(...command.replaceAll('konstruct', namespace).split(' '))
    await install({ gateway: { scaling: { kind: 'hpa' } }, orchestrator: { scaling: { kind: 'hpa' } } })
    assert.equal(await replicas(), '3 2 3')
  })

  it('is answered by the rules for the adapter', () => {
    const { rules } = parse(readFileSync('charts/konstruct/files/prometheus-adapter.yaml', 'utf8')) as AdapterRules
    assert.deepEqual(
      rules.map(({ seriesQuery }) => seriesQuery.replace(/\{.*/, '')),
      ['konstruct_gateway_connections', 'konstruct_turns_runnable'],
    )
  })
})
