// A service for run-service.test.ts; what it does is its argument.
import { KonstructError } from '../../../../services/shared/runtime/errors.ts'
import { type RunningService, runService } from '../../../../services/shared/runtime/run-service.ts'

const idle = setInterval(() => {}, 1_000)

const starts: Readonly<Record<string, () => Promise<RunningService>>> = {
  runs: () => Promise.resolve({ stop: () => Promise.resolve(clearInterval(idle)) }),
  chatters: () => {
    // oxlint-disable-next-line no-console -- as Sequelize does
    console.warn('Rolling back %s failed', 'x')
    return Promise.resolve({ stop: () => Promise.resolve() })
  },
  'cannot be configured': () => Promise.reject(new KonstructError('CONFIG_INVALID')),
  breaks: () => Promise.reject(new Error('broken')),
  'never stops': () => Promise.resolve({ stop: () => new Promise(() => {}) }),
}

const start = starts[process.argv[2] ?? ''] ?? (() => Promise.reject(new Error('unknown')))
await runService({ part: 'test', logLevel: 'info', stopWithinMs: 300, start })
