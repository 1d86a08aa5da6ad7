// The body of a watch: one JSON document a line, for as long as the server likes. It ends when the server ends it, and
// when it was silent for longer than its reader trusts it; it throws when the connection breaks, or when the server
// reports an error in it, such as 410.
import type { Readable } from 'node:stream'
import { kubeError, kubeUnavailable, type Status } from './kube-error.ts'
import type { KubeObject } from './resource.ts'

export interface WatchEvent<Kind extends KubeObject> {
  /** A bookmark's object has nothing but its resourceVersion. */
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly object: Kind
}

type Line<Kind extends KubeObject> = WatchEvent<Kind> | { readonly type: 'ERROR'; readonly object: Status }

const isSilence = (thrown: unknown): boolean =>
  (thrown as NodeJS.ErrnoException | undefined)?.code === 'UND_ERR_BODY_TIMEOUT'

export async function* readWatch<Kind extends KubeObject>(body: Readable): AsyncGenerator<WatchEvent<Kind>> {
  let rest = ''
  body.setEncoding('utf8')
  try {
    for await (const chunk of body as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      yield* lines.filter((line) => line !== '').map((line) => parse<Kind>(line))
    }
  } catch (thrown) {
    if (!isSilence(thrown)) throw kubeUnavailable(thrown)
  }
}

const parse = <Kind extends KubeObject>(line: string): WatchEvent<Kind> => {
  const event = JSON.parse(line) as Line<Kind>
  if (event.type === 'ERROR') throw kubeError(event.object)
  return event
}
