// Follows all objects of one kind: a list, then what changes, then again from the list when the API server was away.
import { setTimeout as sleep } from 'node:timers/promises'

interface Api {
  readonly server: string
  readonly token: string
}

interface Kept {
  readonly metadata: { readonly uid: string }
}

interface List {
  readonly metadata: { readonly resourceVersion: string }
  readonly items: readonly Kept[]
}

interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'ERROR'
  readonly object: Kept
}

/** What an object has besides depends on the path. */
type Tell = (items: readonly unknown[]) => void

const retryMs = 500

const ask = async ({ server, token }: Api, path: string): Promise<Response> => {
  const response = await fetch(`${server}${path}`, { headers: { authorization: `Bearer ${token}` } })
  if (!response.ok) throw new Error(`${path} was answered with ${response.status}`)
  return response
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of response.body ?? []) {
    const lines = (rest + decoder.decode(bytes as Uint8Array, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}

const followOnce = async (api: Api, path: string, tell: Tell): Promise<void> => {
  const list = (await (await ask(api, path)).json()) as List
  const kept = new Map(list.items.map((item) => [item.metadata.uid, item]))
  tell([...kept.values()])
  const changes = await ask(api, `${path}?watch=1&resourceVersion=${list.metadata.resourceVersion}`)
  for await (const line of linesOf(changes)) {
    const { type, object } = JSON.parse(line) as Change
    if (type === 'ERROR') return
    if (type === 'DELETED') kept.delete(object.metadata.uid)
    else kept.set(object.metadata.uid, object)
    tell([...kept.values()])
  }
}

/** Tells all of them at first and after each change; never ends. What it knew stays while the server is away. */
export const followObjects = async (api: Api, path: string, tell: Tell): Promise<never> => {
  for (;;) {
    await followOnce(api, path, tell).catch((error: unknown) => console.error(String(error)))
    await sleep(retryMs)
  }
}
