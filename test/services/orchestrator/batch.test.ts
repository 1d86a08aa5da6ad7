import assert from 'node:assert/strict'
import { silentLog } from '../../../services/shared/runtime/log.ts'
import { Batch } from '../../../services/orchestrator/batch.ts'
import { waitUntil } from '../../support/wait-until.ts'

describe('A batch of writes', () => {
  const written: string[][] = []
  let failures: number
  let batch: Batch<string>
  beforeEach(() => {
    written.length = 0
    failures = 0
    const write = async (items: readonly string[]): Promise<void> => {
      await Promise.resolve()
      if (failures > 0) {
        failures -= 1
        throw new Error('away')
      }
      written.push([...items])
    }
    batch = new Batch({ name: 'test', log: silentLog, write })
  })
  afterEach(() => batch.close())

  it('writes the first at once, and what comes meanwhile together', async () => {
    await Promise.all(['a', 'b', 'c'].map((item) => batch.add(item)))
    assert.deepEqual(written, [['a'], ['b', 'c']])
  })

  it('repeats what failed, in order, and resolves when it is written', async () => {
    failures = 2
    await Promise.all(['a', 'b'].map((item) => batch.add(item)))
    assert.deepEqual(written.flat(), ['a', 'b'])
  })

  it('starts again after a pause', async () => {
    await batch.add('a')
    await batch.add('b')
    assert.deepEqual(written, [['a'], ['b']])
  })

  it('writes what it has when it is closed, and waits for nobody who is away', async () => {
    const added = batch.add('a')
    await batch.close()
    await added
    failures = Number.POSITIVE_INFINITY
    void batch.add('b')
    const before = performance.now()
    await batch.close()
    assert.ok(performance.now() - before < 200)
    await waitUntil({ until: 'it has given up' }, () => written.length === 1)
  })
})
