// A key space for each test file: one logical database of the shared Redis. Channels of PUBLISH are shared between them,
// so a test that listens uses names of its own. A test that flushes or kills takes `ownRedis` of parts.ts.
import { redis } from './parts.ts'

interface FreshRedis {
  readonly url: string
}

let last = 0

/** An empty logical database; a Redis that the environment names has to have enough of them. */
export const freshRedis = async (): Promise<FreshRedis> => {
  const url = new URL((await redis()).url)
  last += 1
  url.pathname = `/${last}`
  return { url: url.href }
}
