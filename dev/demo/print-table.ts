// One small table: what runs where, and what to open.
import type { DemoSource, Platform } from './start-platform.ts'
import type { Stores } from './start-stores.ts'

interface Overview {
  readonly stores: Stores
  readonly platform: Platform
  readonly source: DemoSource
  readonly logs: string
}

type Row = readonly [what: string, where: string, note: string]

const rowsOf = ({ stores, platform, source, logs }: Overview): readonly Row[] => [
  ...stores.rows.map(({ name, where, origin }): Row => [name, where, `from ${origin}`]),
  ...platform.services.map(({ name, adminUrl }): Row => [name, adminUrl, '/livez /readyz /metrics']),
  source.kubeconfig === undefined
    ? ['resources', source.manifests, 'edit and save: followed within 2 s']
    : ['KUBECONFIG', source.kubeconfig, `kubectl apply -f ${source.manifests}`],
  ['logs', logs, ''],
  ...platform.gatewayUrls.map((url): Row => ['chat', `${url}/chat/acme`, 'open this']),
]

export const printTable = (overview: Overview, write: (text: string) => void): void => {
  const rows = rowsOf(overview)
  const width = (column: 0 | 1): number => Math.max(...rows.map((row) => row[column].length))
  const line = ([what, where, note]: Row): string =>
    `  ${what.padEnd(width(0))}  ${where.padEnd(width(1))}  ${note}`.trimEnd()
  write(`\n${rows.map(line).join('\n')}\n\n  Ctrl-C ends all of it.\n\n`)
}
