// Asks a real API server what it would say to manifests, without keeping them: their schema with every unknown field,
// its defaults and its own rules, and whether their pods pass the Pod Security level `restricted`.
// Kinds that it does not know (a CRD that is not installed) are told apart, so that a test can say which it expects.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import type { KubePart } from './kube-apiserver.ts'

export interface Validation {
  /** What it refuses, a sentence each, in the API server's words. */
  readonly refused: readonly string[]
  /** What it takes with a warning: deprecations, and what `restricted` would not let run. */
  readonly warnings: readonly string[]
  /** As in `ScaledObject keda.sh/v1alpha1`. */
  readonly unknownKinds: readonly string[]
}

type Server = Pick<KubePart, 'kubectl' | 'kubeconfig'>

/** @returns what kubectl said on standard error, whether it failed or not. */
const complaints = ({ kubectl, kubeconfig }: Server, ...args: string[]): Promise<string> =>
  new Promise((resolve) => {
    execFile(kubectl, [`--kubeconfig=${kubeconfig}`, ...args], (_, __, stderr) => resolve(stderr))
  })

const namespacesIn = (yaml: string): readonly string[] => {
  const found = parseAllDocuments(yaml).map(
    (document) => (document.toJS() as { metadata?: { namespace?: string } } | null)?.metadata?.namespace,
  )
  return [...new Set(['default', ...found.flatMap((name) => name ?? [])])]
}

/** They have to be there, and stay. */
const makeNamespaces = async (server: Server, names: readonly string[]): Promise<void> => {
  for (const name of names) {
    await complaints(server, 'create', 'namespace', name)
    const label = 'pod-security.kubernetes.io/warn=restricted'
    await complaints(server, 'label', '--overwrite', 'namespace', name, label)
  }
}

const noMatch = /no matches for kind "(.+?)" in version "(.+?)"/
/** What follows a kind that is not known, on a line of its own. */
const advice = /^ensure CRDs are installed first\]?$/

const sort = (text: string): Validation => {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !advice.test(line))
  const isWarning = (line: string): boolean => line.startsWith('Warning: ')
  const kinds = lines.flatMap((line) => {
    const [, kind, version] = noMatch.exec(line) ?? []
    return kind === undefined ? [] : [`${kind} ${version}`]
  })
  return {
    refused: lines.filter((line) => !isWarning(line) && !noMatch.test(line)),
    warnings: lines.filter(isWarning).map((line) => line.slice('Warning: '.length)),
    unknownKinds: [...new Set(kinds)].toSorted(),
  }
}

/** Many documents take about as long as one. */
export const validateManifests = async (server: Server, yaml: string): Promise<Validation> => {
  await makeNamespaces(server, namespacesIn(yaml))
  const folder = mkdtempSync(join(tmpdir(), 'konstruct-manifests-'))
  const file = join(folder, 'manifests.yaml')
  try {
    writeFileSync(file, yaml)
    return sort(await complaints(server, 'apply', '--dry-run=server', '--validate=strict', '-f', file))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
