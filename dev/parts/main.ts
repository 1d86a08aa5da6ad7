// npm run parts -- get [part …]     fetches the parts that are not here yet, all of them when none is named
import { asKonstructError } from '../../services/shared/runtime/errors.ts'
import { findBrowser } from './browser.ts'
import { findKafka } from './find-kafka.ts'
import { findKubernetes } from './find-kubernetes.ts'
import { type Report, reportToStderr } from './part.ts'
import { findPostgres } from './postgres.ts'
import { findPrometheus } from './prometheus.ts'
import { findRedis } from './redis.ts'

const finders: Readonly<Record<string, (report: Report) => Promise<{ readonly origin: string }>>> = {
  postgres: findPostgres,
  redis: findRedis,
  kafka: findKafka,
  browser: findBrowser,
  'kube-apiserver': findKubernetes,
  prometheus: findPrometheus,
}

const usage = `Usage: npm run parts -- get [${Object.keys(finders).join('|')} …]`

const get = async (name: string): Promise<boolean> => {
  const since = performance.now()
  try {
    const found = await finders[name]?.(reportToStderr)
    const seconds = ((performance.now() - since) / 1000).toFixed(1)
    console.log(`${name.padEnd(15)} ${(found?.origin ?? '').padEnd(10)} ${seconds.padStart(6)} s`)
    return true
  } catch (thrown) {
    console.error(asKonstructError(thrown).message)
    return false
  }
}

const main = async ([verb, ...names]: readonly string[]): Promise<number> => {
  if (verb !== 'get' || names.some((name) => !(name in finders))) {
    console.error(usage)
    return 64
  }
  let missing = 0
  for (const name of names.length === 0 ? Object.keys(finders) : names) if (!(await get(name))) missing += 1
  return missing === 0 ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
