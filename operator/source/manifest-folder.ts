// A folder of manifests as it is at one look: what it asks for, what cannot be read, and what may therefore not be
// taken for gone.
import { isDeepStrictEqual } from 'node:util'
import type { Log } from '../../services/shared/runtime/log.ts'
import type { SourceProblem } from './desired-source.ts'
import { objectId } from './stored-object.ts'
import { type Manifest, type ManifestFile, type ManifestFiles, readManifests } from './read-manifests.ts'

export class ManifestFolder {
  readonly #path: string
  readonly #log: Log
  #files: ManifestFiles = new Map()
  #readable = false
  #problems: readonly SourceProblem[] = []

  constructor(path: string, log: Log) {
    this.#path = path
    this.#log = log
  }

  get problems(): readonly SourceProblem[] {
    return this.#problems
  }

  /** Every manifest, in order of files; undefined when the folder cannot be read or has no file at all. */
  look(): readonly Manifest[] | undefined {
    try {
      this.#files = readManifests(this.#path, this.#files)
      this.#readable = this.#files.size > 0
      this.#tell(this.#readable ? this.#shortcomings() : [this.#emptiness()])
    } catch (error) {
      this.#readable = false
      const message = `The folder cannot be read: ${(error as Error).message}`
      this.#tell([{ where: this.#path, message }])
    }
    return this.#readable ? this.#all(({ manifests }) => manifests) : undefined
  }

  /** Whether nothing can be hidden in a file that cannot be read. */
  get isWhole(): boolean {
    return this.#readable && this.#all(({ broken }) => [broken]).every((broken) => !broken)
  }

  isBroken(file: string): boolean {
    return this.#files.get(file)?.broken ?? false
  }

  /** A volume that is not mounted looks like this too. */
  #emptiness(): SourceProblem {
    const message = 'There is no manifest. To delete everything, leave a file without resources here.'
    return { where: this.#path, message }
  }

  #shortcomings(): readonly SourceProblem[] {
    const seen = new Set<string>()
    const repeated = this.#all(({ manifests }) => manifests).filter((manifest) => {
      const id = objectId(manifest)
      return seen.has(id) || !seen.add(id)
    })
    const again = repeated.map((manifest) => ({
      where: manifest.file,
      message: `${objectId(manifest)} is here a second time: the first one counts.`,
    }))
    return [...this.#all(({ problems }) => problems), ...again]
  }

  #all<Part>(partsOf: (file: ManifestFile) => readonly Part[]): readonly Part[] {
    return [...this.#files.values()].flatMap(partsOf)
  }

  #tell(problems: readonly SourceProblem[]): void {
    if (isDeepStrictEqual(problems, this.#problems)) return
    this.#problems = problems
    for (const { where, message } of problems)
      this.#log.warn('manifests not read', { resource: where, reason: message })
    if (problems.length === 0) this.#log.info('manifests are read again')
  }
}
