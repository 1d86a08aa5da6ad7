import assert from 'node:assert/strict'
import { keepRunning, type Runnable } from '../../../dev/demo/keep-running.ts'
import { waitUntil } from '../../support/wait-until.ts'

interface FakeProgram extends Runnable {
  end(): void
}

const aProgram = (): FakeProgram => {
  let end = (): void => {}
  const exited = new Promise<void>((resolve) => {
    end = resolve
  })
  return { exited, end, stop: () => Promise.resolve(end()) }
}

describe('A program that is kept running', () => {
  const lines: string[] = []
  const report = (line: string): void => {
    lines.push(line)
  }
  beforeEach(() => lines.splice(0))

  it('is started again when it ends by itself, and a person is told', async () => {
    const programs: FakeProgram[] = []
    const start = () => {
      const program = aProgram()
      programs.push(program)
      return Promise.resolve(program)
    }
    const kept = await keepRunning({ name: 'Redis', start, report })
    programs[0]?.end()
    await waitUntil({ until: 'it runs again' }, () => programs.length === 2)
    await kept.stop()
    assert.deepEqual(lines, ['Redis ended; it starts again in 1 s.', 'Redis runs again.'])
  })

  it('is not started again when it was stopped, not even in the middle of a start', async () => {
    const second = Promise.withResolvers<FakeProgram>()
    const first = aProgram()
    const starts = [Promise.resolve(first), second.promise]
    let started = 0
    const start = () => starts[started++] ?? assert.fail('it was started a third time')
    const kept = await keepRunning({ name: 'Redis', start, report })
    first.end()
    await waitUntil({ until: 'it is being started again' }, () => started === 2)
    const stopped = kept.stop()
    const late = aProgram()
    second.resolve(late)
    await stopped
    await late.exited
  })

  it('is left alone when someone else runs it: nobody waits for its end', async () => {
    const start = () =>
      Promise.resolve({ exited: new Promise<void>(() => {}), stop: () => Promise.resolve() })
    const kept = await keepRunning({ name: 'Redis', start, report })
    await kept.stop()
    assert.deepEqual(lines, [])
  })

  it('passes on why it could not be started at first', async () => {
    await assert.rejects(
      keepRunning<FakeProgram>({ name: 'Redis', start: () => Promise.reject(new Error('no Redis')), report }),
      /no Redis/,
    )
  })
})
