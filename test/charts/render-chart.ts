// Renders a chart as `helm template` does, with the values of a platform that has everything it needs.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { fetchHelm } from '../../dev/cluster/fetch-programs.ts'
import { reportToStderr } from '../../dev/parts/part.ts'
import { runCommand } from '../../dev/parts/run-command.ts'

export interface Container {
  readonly name: string
  readonly image: string
  readonly command?: readonly string[]
  readonly env?: readonly { readonly name: string; readonly value?: string }[]
  readonly volumeMounts?: readonly { readonly name: string }[]
  readonly resources?: object
}

interface Metadata {
  readonly name: string
  readonly namespace?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

interface PodSpec {
  readonly serviceAccountName?: string
  readonly automountServiceAccountToken?: boolean
  readonly initContainers?: readonly Container[]
  readonly containers: readonly Container[]
  readonly volumes?: readonly { readonly name: string }[]
  readonly nodeSelector?: object
  readonly tolerations?: readonly object[]
  readonly affinity?: object
  readonly priorityClassName?: string
}

export interface Manifest {
  readonly kind: string
  readonly metadata: Metadata
  readonly rules?: readonly {
    readonly apiGroups: readonly string[]
    readonly resources: readonly string[]
    readonly resourceNames?: readonly string[]
    readonly verbs: readonly string[]
  }[]
  readonly spec?: {
    readonly replicas?: number
    readonly ttlSecondsAfterFinished?: number
    readonly template?: { readonly metadata?: Partial<Metadata>; readonly spec: PodSpec }
    readonly containers?: readonly Container[]
    readonly automountServiceAccountToken?: boolean
  }
}

const secret = { existingSecret: 'konstruct' }

/** The least that has to be given. */
export const leastValues = {
  database: { owner: secret, operator: secret, app: secret },
  redis: secret,
  keys: secret,
  kafka: { brokers: ['kafka.example:9092'] },
}

export type Values = Readonly<Record<string, unknown>>

/** The least, and more; what is given twice counts as it is given here. */
export const withLeast = (more: object): Values => merge(leastValues, more as Values)

const merge = (one: Values, other: Values): Values => {
  const isMap = (value: unknown): value is Values =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  const merged: Record<string, unknown> = { ...one }
  for (const [key, value] of Object.entries(other)) {
    const before = merged[key]
    merged[key] = isMap(before) && isMap(value) ? merge(before, value) : value
  }
  return merged
}

/** Runs Helm with these values. @throws Error with what Helm said */
export const helmWith = async (
  values: object,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'konstruct-chart-'))
  const file = join(folder, 'values.json')
  writeFileSync(file, JSON.stringify(values))
  try {
    return await runCommand({
      doing: `helm ${args[0] ?? ''}`,
      command: await fetchHelm(reportToStderr),
      args: [...args, '-f', file],
      env,
      report: reportToStderr,
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** @throws Error with what Helm said */
export const renderChart = (values: object, chart = 'charts/konstruct'): Promise<string> =>
  helmWith(values, ['template', 'konstruct', chart, '--namespace=konstruct'])

export const manifestsIn = (yaml: string): readonly Manifest[] =>
  parseAllDocuments(yaml).flatMap((document) => (document.toJS() as Manifest | null) ?? [])

export const podSpecOf = ({ kind, spec }: Manifest): PodSpec | undefined =>
  kind === 'Pod' ? (spec as PodSpec) : spec?.template?.spec

export const podMetadataOf = ({ kind, metadata, spec }: Manifest): Partial<Metadata> =>
  kind === 'Pod' ? metadata : (spec?.template?.metadata ?? {})
