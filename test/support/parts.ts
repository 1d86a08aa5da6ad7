// The real parts that tests share: each is started when first asked for, once per mocha process, and stopped by the
// root hooks. A test file never stops a shared part; it takes its own database, key space or topics from it.
import { type PostgresPart, startPostgres } from '../../dev/parts/postgres.ts'
import { type RedisPart, startOwnRedis, startRedis } from '../../dev/parts/redis.ts'

interface Stoppable {
  stop(): Promise<void>
}

const started: Promise<Stoppable>[] = []

const shared = <Part extends Stoppable>(start: () => Promise<Part>): (() => Promise<Part>) => {
  let part: Promise<Part> | undefined
  return () => {
    if (part === undefined) {
      part = start()
      started.push(part)
    }
    return part
  }
}

/** The shared PostgreSQL; most tests want `freshDatabase` of it. */
export const postgres: () => Promise<PostgresPart> = shared(() => startPostgres({ durable: false }))

/** The shared Redis; most tests want `freshRedis` of it. */
export const redis: () => Promise<RedisPart> = shared(() => startRedis())

/** A Redis of one's own, to flush or to kill; it is stopped at the end when the test does not. */
export const ownRedis = (): Promise<RedisPart> => {
  const part = startOwnRedis()
  started.push(part)
  return part
}

/** Stops every part that was started, newest first. Called by the root hooks. */
export const stopParts = async (): Promise<void> => {
  for (const part of started.splice(0).toReversed()) {
    const [result] = await Promise.allSettled([part])
    if (result.status === 'fulfilled') await result.value.stop()
  }
}
