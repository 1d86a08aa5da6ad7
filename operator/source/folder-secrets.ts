// The Secrets of a folder of manifests. They stay in memory and in the user's own files: nothing of them is written.
import { isDeepStrictEqual } from 'node:util'
import { Secret } from '../../services/shared/runtime/read-config.ts'
import type { Manifest } from './read-manifests.ts'
import { objectId } from './stored-object.ts'

type Entries = ReadonlyMap<string, string>

const decode = (value: unknown): string => Buffer.from(String(value), 'base64').toString('utf8')

/** As the API server merges them: `stringData` wins over `data`, which is base64. */
const entriesOf = ({ content: { data, stringData } }: Manifest): Entries =>
  new Map([
    ...Object.entries(data ?? {}).map(([key, value]): [string, string] => [key, decode(value)]),
    ...Object.entries(stringData ?? {}).map(([key, value]): [string, string] => [key, String(value)]),
  ])

export class FolderSecrets {
  #secrets: ReadonlyMap<string, Entries> = new Map()

  get(namespace: string, name: string): ReadonlyMap<string, Secret> | undefined {
    const entries = this.#secrets.get(objectId({ kind: 'Secret', namespace, name }))
    return entries && new Map([...entries].map(([key, value]) => [key, new Secret(value)]))
  }

  /** Takes over what the folder holds now, and gives the namespaces in which something changed. */
  replace(manifests: readonly Manifest[]): ReadonlySet<string> {
    const before = this.#secrets
    const secrets = manifests.filter(({ kind }) => kind === 'Secret')
    this.#secrets = new Map(secrets.map((secret) => [objectId(secret), entriesOf(secret)]))
    const ids = [...before.keys(), ...this.#secrets.keys()]
    const changed = ids.filter((id) => !isDeepStrictEqual(before.get(id), this.#secrets.get(id)))
    return new Set(changed.map((id) => id.split('/')[1] ?? ''))
  }
}
