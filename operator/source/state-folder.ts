// The memory of a folder source: one JSON file per object and a journal of events. A file is replaced whole or not at
// all, so a crash leaves the old one. Writing is synchronous: the files are small, and each change stays one step.
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { ResourceEvent } from './desired-source.ts'
import { objectId, type StoredObject } from './stored-object.ts'

export interface JournalEntry extends ResourceEvent {
  /** RFC 3339. */
  readonly at: string
  /** As in `Tenant/acme/acme`. */
  readonly object: string
}

/** A journal that is longer becomes the old one, and the old one goes; in bytes. */
const longestJournal = 1024 * 1024

/** In bytes; file systems take 255. */
const longestName = 200

export class StateFolder {
  readonly #folder: string

  /** @throws Error when the folder cannot be made */
  constructor(folder: string) {
    this.#folder = folder
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  }

  /** @throws Error when a file is not readable: nothing may be taken for absent that is only unreadable */
  load(): Map<string, StoredObject> {
    const names = readdirSync(this.#folder).filter((name) => name.endsWith('.json'))
    const objects = names.map(
      (name) => JSON.parse(readFileSync(join(this.#folder, name), 'utf8')) as StoredObject,
    )
    return new Map(objects.map((object) => [objectId(object), object]))
  }

  save(object: StoredObject): void {
    const path = this.#pathOf(objectId(object))
    writeFileSync(`${path}.new`, `${JSON.stringify(object, null, 2)}\n`, { mode: 0o600 })
    renameSync(`${path}.new`, path)
  }

  remove(object: StoredObject): void {
    rmSync(this.#pathOf(objectId(object)), { force: true })
  }

  append(entry: JournalEntry): void {
    const path = join(this.#folder, 'events.jsonl')
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
    if (size > longestJournal) renameSync(path, join(this.#folder, 'events.old.jsonl'))
    appendFileSync(path, `${JSON.stringify(entry)}\n`, { mode: 0o600 })
  }

  /** What a person wrote as a name may be anything, so it is encoded and cut. */
  #pathOf(id: string): string {
    const encoded = encodeURIComponent(id)
    const name = encoded.length > longestName ? createHash('sha256').update(id).digest('hex') : encoded
    return join(this.#folder, `${name}.json`)
  }
}
