// Writes what the charts say a second time: the CRDs, the schema of the values, and in their README the tables and the
// adapter's rules. The sources are crds/, values.yaml with its comments, the operator's rules with theirs, and files/.
// `--check` writes nothing and fails when a file is not what would be written.
import { readFile, writeFile } from 'node:fs/promises'
import { isMap, isScalar, isSeq, type Node, parseDocument, type Scalar, type YAMLMap } from 'yaml'

interface Value {
  /** As in `gateway.replicas`. */
  readonly path: string
  readonly node: Node
  readonly about: string
}

type Schema = Readonly<Record<string, unknown>>

const root = new URL('../', import.meta.url)
const read = (path: string): Promise<string> => readFile(new URL(path, root), 'utf8')

/** What a default does not tell about its value. */
const further: Readonly<Record<string, Schema>> = {
  logLevel: { enum: ['debug', 'info', 'warn', 'error'] },
  'image.pullPolicy': { enum: ['IfNotPresent', 'Always', 'Never'] },
  'image.digest': { pattern: '^(sha256:[0-9a-f]{64})?$' },
  'kafka.brokers': { items: { type: 'string', pattern: '^[^:/]+:[0-9]+$' } },
  'kafka.sasl.mechanism': { enum: ['none', 'plain', 'scram-sha-256', 'scram-sha-512'] },
  'gateway.scaling.kind': { enum: ['none', 'keda', 'hpa'] },
  'orchestrator.scaling.kind': { enum: ['none', 'keda', 'hpa'] },
  'gateway.service.type': { enum: ['ClusterIP', 'NodePort', 'LoadBalancer'] },
  // As the parts' own settings have it: what they refuse is not rendered.
  'kafka.partitions': { minimum: 1, maximum: 10_000 },
  'kafka.replication': { minimum: 1, maximum: 9 },
  'migrations.waitSeconds': { minimum: 0, maximum: 86_400 },
  'operator.workers': { minimum: 1, maximum: 100 },
  'operator.isolationSeconds': { minimum: 1, maximum: 3_600 },
  'gateway.trustedProxies': { minimum: 0, maximum: 10 },
  'gateway.maxConnections': { minimum: 1, maximum: 1_000_000 },
  'gateway.drainSeconds': { minimum: 0, maximum: 600 },
  'orchestrator.capacity': { minimum: 1, maximum: 10_000 },
  'orchestrator.drainSeconds': { minimum: 0, maximum: 600 },
  'operator.replicas': { minimum: 0 },
  'gateway.replicas': { minimum: 0 },
  'orchestrator.replicas': { minimum: 0 },
  // With none there would be nobody to tell that one is needed.
  'gateway.scaling.minReplicas': { minimum: 1 },
  'orchestrator.scaling.minReplicas': { minimum: 1 },
  'gateway.scaling.maxReplicas': { minimum: 1 },
  'orchestrator.scaling.maxReplicas': { minimum: 1 },
  'gateway.scaling.targetConnections': { minimum: 1 },
  'orchestrator.scaling.targetUtilization': { minimum: 1, maximum: 100 },
  // As long as a HorizontalPodAutoscaler may wait.
  'gateway.scaling.scaleDownSeconds': { minimum: 0, maximum: 3_600 },
  'orchestrator.scaling.scaleDownSeconds': { minimum: 0, maximum: 3_600 },
  'keda.pollingSeconds': { minimum: 1 },
  'monitoring.scrapeSeconds': { minimum: 1 },
  'operator.namespaces': { items: { type: 'string' } },
  'gateway.publicOrigins': { items: { type: 'string', pattern: '^https?://[^/]+$' } },
  'keda.prometheusAddress': { pattern: '^(https?://.+)?$' },
  'networkPolicy.stores.ports': { items: { type: 'integer', minimum: 1, maximum: 65_535 } },
  'database.port': { minimum: 1, maximum: 65_535 },
  'redis.port': { minimum: 1, maximum: 65_535 },
  'gateway.service.port': { minimum: 1, maximum: 65_535 },
}

/** Free-form by nature, whatever they hold by default. */
const freeForm =
  /(^|\.)(resources|labels|dashboardLabels|annotations|podAnnotations|podLabels|nodeSelector|affinity|commonLabels)$/

const schemaOf = (node: Node, path: string): Schema => {
  if (isSeq(node)) return { type: 'array', ...further[path] }
  if (isScalar(node)) return { type: typeOf(node.value), ...further[path] }
  if (!isMap(node)) throw new Error(`${path} is neither a map, a list nor a value`)
  if (freeForm.test(path)) return { type: 'object' }
  const properties = Object.fromEntries(
    pairsOf(node).map(({ name, value }) => [name, schemaOf(value, path === '' ? name : `${path}.${name}`)]),
  )
  return { type: 'object', additionalProperties: false, properties }
}

const typeOf = (value: unknown): string => (typeof value === 'number' ? 'integer' : typeof value)

interface Entry {
  readonly name: string
  readonly value: Node
  /** The comment over it. */
  readonly comment: string
}

/** The comment over a map's first key is the map's own, as the parser reads it. */
const pairsOf = (node: Node): readonly Entry[] => {
  if (!isMap<Scalar, Node>(node)) return []
  return node.items.map(({ key, value }, index) => {
    if (value === null) throw new Error(`${String(key.value)} has no value`)
    const comment = key.commentBefore ?? (index === 0 ? node.commentBefore : null) ?? ''
    return { name: String(key.value), value, comment }
  })
}

const isGroup = (value: Node, path: string): value is YAMLMap =>
  isMap(value) && !freeForm.test(path) && value.items.length > 0

/** Every value that is not a group of values. A comment over a group in one line tells of each of them. */
const valuesOf = (node: Node, path: string, inherited = ''): readonly Value[] =>
  pairsOf(node).flatMap(({ name, value, comment }) => {
    const here = path === '' ? name : `${path}.${name}`
    const about = comment === '' ? inherited : comment
    if (!isGroup(value, here)) return [{ path: here, node: value, about: oneLine(about) }]
    return valuesOf(value, here, value.flow === true ? about : '')
  })

const oneLine = (comment: string): string => {
  const paragraph = comment.split('\n\n').at(-1) ?? ''
  return paragraph.replaceAll(/\s+/g, ' ').trim()
}

const defaultOf = (node: Node): string => {
  const value = JSON.stringify(isScalar(node) ? node.value : (node as { toJSON(): unknown }).toJSON())
  return value === '""' ? '' : `\`${value.replaceAll('|', '\\|')}\``
}

const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

/** Each rule of a template with the comment over it. */
const rulesOf = (template: string): readonly (readonly string[])[] =>
  [
    ...template.matchAll(
      /^ *# (.+)\n *- apiGroups: \[(.*)\]\n *resources: \[(.+)\]\n(?: *resourceNames: .*\n)? *verbs: \[(.+)\]/gm,
    ),
  ].map(([, why = '', group = '', resources = '', verbs = '']) => [
    verbs,
    resources,
    group.replaceAll("'", '') || 'core',
    why,
  ])

const afterHeading = (text: string, heading: string, body: string): string => {
  const start = text.indexOf(`\n${heading}\n`)
  if (start < 0) throw new Error(`the chart's README has no line "${heading}"`)
  const from = start + heading.length + 2
  const end = text.indexOf('\n## ', from)
  return `${text.slice(0, from)}\n${body}\n${end < 0 ? '' : text.slice(end)}`
}

const readmeOf = async (values: Node): Promise<string> => {
  const rules = rulesOf(await read('charts/konstruct/templates/operator-rbac.yaml'))
  const rows = valuesOf(values, '').map(({ path, node, about }) => [`\`${path}\``, defaultOf(node), about])
  const text = await read('charts/konstruct/README.md')
  const withRules = afterHeading(
    text,
    '## What the operator may do',
    tableOf(['verbs', 'resources', 'group', 'why'], rules),
  )
  const adapter = await read('charts/konstruct/files/prometheus-adapter.yaml')
  const withAdapter = afterHeading(
    withRules,
    '## Rules for prometheus-adapter',
    `\`\`\`yaml\n${adapter}\`\`\``,
  )
  return afterHeading(withAdapter, '## Values', tableOf(['value', 'default', 'what it is'], rows))
}

const valuesNode = async (chart: string): Promise<Node> => {
  const { contents } = parseDocument(await read(`charts/${chart}/values.yaml`))
  if (contents === null) throw new Error(`charts/${chart}/values.yaml is empty`)
  return contents
}

/** `global` is what Helm hands to each chart that is another one's dependency. */
const schemaText = (node: Node): string => {
  const { properties, ...rest } = schemaOf(node, '')
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    ...rest,
    properties: { global: { type: 'object' }, ...(properties as object) },
  }
  return `${JSON.stringify(schema, null, 2)}\n`
}

const wantedFiles = async (): Promise<readonly (readonly [path: string, text: string])[]> => {
  const values = await valuesNode('konstruct')
  const crds = await Promise.all(
    ['konstruct', 'konstruct-crds'].flatMap((chart) =>
      ['tenant', 'agent'].map(
        async (crd) => [`charts/${chart}/files/crds/${crd}.yaml`, await read(`crds/${crd}.yaml`)] as const,
      ),
    ),
  )
  return [
    ...crds,
    ['charts/konstruct/values.schema.json', schemaText(values)],
    ['charts/konstruct-crds/values.schema.json', schemaText(await valuesNode('konstruct-crds'))],
    ['charts/konstruct/README.md', await readmeOf(values)],
  ]
}

const check = process.argv.includes('--check')
for (const [path, wanted] of await wantedFiles()) {
  const found = await read(path).catch(() => '')
  if (found === wanted) continue
  if (check) {
    console.error(`${path} is not up to date: npm run generate`)
    process.exitCode = 1
  } else {
    await writeFile(new URL(path, root), wanted)
    console.log(`wrote ${path}`)
  }
}
