// Reads a folder of manifests: YAML or JSON, several documents to a file. A file that cannot be read or parsed keeps
// what it held before and says so; a document that is no resource is left out and says so.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { type Fields, isFields } from '../validation/crd-schema.ts'
import type { SourceProblem } from './desired-source.ts'

export interface Manifest {
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly file: string
  readonly content: Fields
}

/** What is known of one file; `stamp` tells whether it changed. */
export interface ManifestFile {
  readonly stamp: string
  readonly manifests: readonly Manifest[]
  readonly problems: readonly SourceProblem[]
  /** Its newest content cannot be read: what it held before still counts. */
  readonly broken: boolean
}

export type ManifestFiles = ReadonlyMap<string, ManifestFile>

const extension = /\.(ya?ml|json)$/

/** Kubernetes' own default. */
const defaultNamespace = 'default'

const asText = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

const toManifest = (content: unknown, file: string): Manifest | SourceProblem => {
  const metadata = isFields(content) && isFields(content['metadata']) ? content['metadata'] : {}
  const kind = isFields(content) ? asText(content['kind']) : undefined
  const name = asText(metadata['name'])
  if (!isFields(content) || kind === undefined || name === undefined)
    return { where: file, message: 'A document has no kind or no metadata.name: it is left out.' }
  return { kind, name, namespace: asText(metadata['namespace']) ?? defaultNamespace, file, content }
}

const parseFile = (text: string, file: string): Omit<ManifestFile, 'stamp'> => {
  const documents = parseAllDocuments(text)
  const error = documents.flatMap((document) => document.errors)[0]
  if (error !== undefined) throw error
  const results = documents
    .map((document): unknown => document.toJS())
    .filter((content) => content !== null && content !== undefined)
    .map((content) => toManifest(content, file))
  return {
    manifests: results.filter((result) => 'content' in result),
    problems: results.filter((result) => 'message' in result),
    broken: false,
  }
}

const readManifestFile = (folder: string, file: string, before: ManifestFile | undefined): ManifestFile => {
  let stamp = ''
  try {
    const { mtimeMs, size, ino } = statSync(join(folder, file))
    stamp = `${mtimeMs}/${size}/${ino}`
    if (before?.stamp === stamp) return before
    return { stamp, ...parseFile(readFileSync(join(folder, file), 'utf8'), file) }
  } catch (thrown) {
    const why = (thrown as Error).message.split('\n')[0] ?? ''
    const problem = { where: file, message: `${why} What the file held before still counts.` }
    return { stamp, manifests: before?.manifests ?? [], problems: [problem], broken: true }
  }
}

/**
 * Every file of the folder by its name, in order; sub-folders are not looked into.
 * @param before what the last call gave; only files that changed are read
 * @throws Error when the folder cannot be read
 */
export const readManifests = (folder: string, before: ManifestFiles): ManifestFiles => {
  const names = readdirSync(folder).filter((name) => extension.test(name) && !name.startsWith('.'))
  return new Map(names.toSorted().map((name) => [name, readManifestFile(folder, name, before.get(name))]))
}
