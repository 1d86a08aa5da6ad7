// The chart as Helm renders it, judged by a real API server.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { fetchMonitoringDefinitions } from '../../dev/cluster/fetch-monitoring-definitions.ts'
import { reportToStderr } from '../../dev/parts/part.ts'
import { validateManifests } from '../../dev/parts/validate-manifests.ts'
import { kubectl } from '../support/kube.ts'
import { kubeApiserver } from '../support/parts.ts'
import { waitUntil } from '../support/wait-until.ts'
import {
  leastValues,
  type Manifest,
  manifestsIn,
  podSpecOf,
  renderChart,
  type Values,
  withLeast,
} from './render-chart.ts'

const valuesDev = parse(readFileSync('charts/konstruct/values-dev.yaml', 'utf8')) as Values

const everything = withLeast({
  kafka: {
    tls: { enabled: true, clientCertificate: { existingSecret: 'kafka' } },
    sasl: { mechanism: 'scram-sha-512', existingSecret: 'kafka' },
    topicPrefix: 'here.',
  },
  trustedCertificates: { existingConfigMap: 'trust' },
  operator: { namespaces: ['one', 'two'] },
  gateway: {
    publicOrigins: ['https://chat.example'],
    trustedProxies: 1,
    ingress: { enabled: true, host: 'chat.example', tlsSecret: 'tls' },
    scaling: { kind: 'hpa' },
  },
  orchestrator: { scaling: { kind: 'keda' } },
  keda: { prometheusAddress: 'http://prometheus.monitoring:9090' },
  monitoring: { enabled: true },
  networkPolicy: { chatFrom: [{ namespaceSelector: {} }] },
})

/** Each with the part of the sentence that tells what to write. */
const contradictions: readonly (readonly [values: object, sentence: string])[] = [
  [{ kafka: { sasl: { mechanism: 'plain' } } }, 'Set kafka.sasl.existingSecret'],
  [{ kafka: { sasl: { existingSecret: 'kafka' } } }, 'Set kafka.sasl.mechanism to plain'],
  [{ kafka: { tls: { clientCertificate: { existingSecret: 'kafka' } } } }, 'Set kafka.tls.enabled to true'],
  [{ gateway: { ingress: { enabled: true } } }, 'Set gateway.ingress.host'],
  [{ gateway: { scaling: { kind: 'keda' } } }, 'Set keda.prometheusAddress'],
  [
    { gateway: { scaling: { minReplicas: 5, maxReplicas: 2 } } },
    'Set gateway.scaling.maxReplicas to at least minReplicas',
  ],
  [
    { orchestrator: { scaling: { kind: 'hpa', maxReplicas: 40 } } },
    'Set orchestrator.scaling.maxReplicas to at most kafka.partitions (32)',
  ],
  [{ image: { tag: '1', digest: `sha256:${'0'.repeat(64)}` } }, 'Give image.tag or image.digest'],
  [{ gateway: { ingress: { enabled: true, host: 'chat.example' } } }, 'Set gateway.trustedProxies to'],
  [
    { gateway: { maxConnections: 500, scaling: { kind: 'hpa', targetConnections: 500 } } },
    'Set gateway.scaling.targetConnections to less than gateway.maxConnections (500)',
  ],
  [
    { orchestrator: { replicas: 40 } },
    'Set orchestrator.replicas to at most kafka.partitions (32)',
  ],
  [{ crds: { keep: false }, uninstall: { guard: false } }, 'Set crds.keep or uninstall.guard to true'],
  [{ monitoring: { enabled: true }, networkPolicy: { metricsFrom: [] } }, 'Set networkPolicy.metricsFrom'],
  [{ devStores: { enabled: true } }, 'Take out kafka.brokers'],
  [{ devStores: { enabled: true } }, 'Take out database.owner.existingSecret'],
  [{ devStores: { enabled: true } }, 'Set kafka.replication to 1'],
  [{ devStores: { enabled: true } }, 'Set migrations.hook to false'],
  [{ devStores: { enabled: true }, networkPolicy: { enabled: true } }, 'Set networkPolicy.enabled to false'],
  ...['operator', 'gateway', 'orchestrator'].map(
    (part) =>
      [
        { [part]: { extraEnv: [{ name: 'NODE_TLS_REJECT_UNAUTHORIZED', value: '0' }] } },
        `Take NODE_TLS_REJECT_UNAUTHORIZED out of ${part}.extraEnv`,
      ] as const,
  ),
]

interface Schema {
  readonly type: string
  readonly minimum?: number
  readonly properties?: Readonly<Record<string, Schema>>
}

/** Numbers without a minimum, by their paths. */
const unbounded = ({ type, minimum, properties = {} }: Schema, path: string): readonly string[] => [
  ...(type === 'integer' && minimum === undefined ? [path] : []),
  ...Object.entries(properties).flatMap(([name, schema]) => unbounded(schema, `${path}.${name}`)),
]

/** A Pod is only taken when its account is there, which a dry run does not make. */
const makeAccount = async (): Promise<void> => {
  await kubeApiserver()
  await kubectl('create', 'namespace', 'konstruct').catch(() => '')
  const account = ['create', 'serviceaccount', 'konstruct-release-test', '--save-config'] as const
  await kubectl('--namespace=konstruct', ...account).catch(() => '')
}

/** From then on the server knows what PodMonitors and PrometheusRules are. */
const defineMonitoring = async (): Promise<void> => {
  const files = (await fetchMonitoringDefinitions(reportToStderr)).flatMap((file) => ['-f', file])
  await kubectl('apply', '--server-side', ...files)
  // kubectl fails at once where there is no condition yet.
  await waitUntil({ until: 'they are established', deadlineMs: 60_000 }, () =>
    kubectl('wait', '--for=condition=Established', '--timeout=30s', ...files).then(
      () => true,
      () => false,
    ),
  )
}

const renders: readonly (readonly [name: string, values: Values])[] = [
  ['the least that has to be given', leastValues],
  ['everything switched on', everything],
  ['the values to try it with', valuesDev],
]

describe('The chart', function () {
  this.timeout(30_000)
  const rendered = new Map<string, readonly Manifest[]>()
  const texts = new Map<string, string>()

  before(async function () {
    this.timeout(900_000)
    await makeAccount()
    await defineMonitoring()
    for (const [name, values] of renders) {
      const text = await renderChart(values)
      texts.set(name, text)
      rendered.set(name, manifestsIn(text))
    }
  })

  it('tells everything that is missing at once, with what to set', async () => {
    await assert.rejects(renderChart({}), ({ message }: Error) => {
      for (const path of ['database.owner', 'database.operator', 'database.app', 'redis', 'keys'])
        assert.match(message, new RegExp(`Set ${path}\\.existingSecret`))
      assert.match(message, /Set kafka\.brokers/)
      return true
    })
  })

  for (const [values, sentence] of contradictions)
    it(`refuses ${JSON.stringify(values)}: ${sentence}`, async () => {
      await assert.rejects(renderChart(withLeast(values)), ({ message }: Error) => message.includes(sentence))
    })

  it('refuses values that it does not know, and values of another kind', async () => {
    await assert.rejects(renderChart(withLeast({ gateway: { replica: 3 } })), /replica.*not allowed/s)
    await assert.rejects(renderChart(withLeast({ gateway: { replicas: 'three' } })), /want integer/s)
    await assert.rejects(renderChart(withLeast({ kafka: { brokers: ['kafka'] } })), /does not match pattern/s)
    await assert.rejects(renderChart(withLeast({ gateway: { drainSeconds: -5 } })), /minimum: got -5, want 0/s)
  })

  it('has a least for every number', () => {
    const schema = parse(readFileSync('charts/konstruct/values.schema.json', 'utf8')) as Schema
    assert.deepEqual(unbounded(schema, ''), [])
  })

  for (const [name] of renders)
    it(`is taken by a real API server with ${name}, and its pods pass restricted`, async function () {
      this.timeout(600_000)
      const { refused, warnings, unknownKinds } = await validateManifests(
        await kubeApiserver(),
        texts.get(name) ?? '',
      )
      assert.deepEqual(refused, [])
      assert.deepEqual(warnings, [])
      for (const kind of unknownKinds) assert.match(kind, /^ScaledObject keda.sh/)
    })

  for (const [name] of renders)
    it(`gives credentials of the Kubernetes API to nobody else, and to no one all rights, with ${name}`, () => {
      const manifests = rendered.get(name) ?? []
      for (const manifest of manifests) {
        const spec = podSpecOf(manifest)
        const mayAsk = /-(operator|uninstall-guard|release-test)$/.test(manifest.metadata.name)
        if (spec !== undefined) assert.equal(spec.automountServiceAccountToken, mayAsk, manifest.metadata.name)
        for (const { verbs, resources } of manifest.rules ?? [])
          assert.ok(![...verbs, ...resources].some((word) => word.includes('*')), manifest.metadata.name)
      }
      assert.ok(manifests.length > 10)
    })

  it('leaves the number of pods to what scales them', () => {
    const replicasIn = (name: string, part: string) =>
      rendered
        .get(name)
        ?.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === `konstruct-${part}`)?.spec
        ?.replicas
    for (const part of ['gateway', 'orchestrator']) {
      assert.equal(replicasIn('the least that has to be given', part), 2)
      assert.equal(replicasIn('everything switched on', part), undefined)
    }
  })

  it('watches for changed files, in development, where a program goes on for ever, and not where one has to end', async () => {
    const inDevelopment = manifestsIn(await renderChart(withLeast({ development: true })))
    for (const manifest of inDevelopment)
      for (const { command } of podSpecOf(manifest)?.containers ?? [])
        assert.equal(command?.includes('--watch'), manifest.kind === 'Deployment', manifest.metadata.name)
  })

  it('lets nobody read metrics when no one is named for it', async () => {
    const open = (manifests: readonly Manifest[]): readonly string[] =>
      manifests
        .filter((manifest) => manifest.kind === 'NetworkPolicy' && /"port":"admin"/.test(JSON.stringify(manifest)))
        .map(({ metadata }) => metadata.name)
    assert.equal(open(rendered.get('the least that has to be given') ?? []).length, 3)
    assert.deepEqual(open(manifestsIn(await renderChart(withLeast({ networkPolicy: { metricsFrom: [] } })))), [])
  })

  it('holds no secret but those of the stores to try it with', () => {
    for (const [name] of renders) {
      const secrets = rendered.get(name)?.filter(({ kind }) => kind === 'Secret') ?? []
      assert.equal(secrets.length, name === 'the values to try it with' ? 1 : 0)
    }
  })

  it('keeps the resources when it is removed, unless told otherwise', async () => {
    const policies = (manifests: readonly Manifest[]) =>
      manifests
        .filter(({ kind }) => kind === 'CustomResourceDefinition')
        .map(({ metadata }) => metadata.annotations?.['helm.sh/resource-policy'])
    assert.deepEqual(policies(rendered.get('the least that has to be given') ?? []), ['keep', 'keep'])
    const without = manifestsIn(await renderChart(withLeast({ crds: { keep: false } })))
    assert.deepEqual(policies(without), [undefined, undefined])
    assert.deepEqual(policies(manifestsIn(await renderChart({}, 'charts/konstruct-crds'))), ['keep', 'keep'])
    const none = manifestsIn(await renderChart(withLeast({ crds: { enabled: false } })))
    assert.deepEqual(policies(none), [])
  })
})
