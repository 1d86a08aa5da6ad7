import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cached } from '../../../dev/parts/cache.ts'

describe('The cache of parts', () => {
  const before = process.env['KONSTRUCT_CACHE']
  let folder = ''
  const report = (): void => {}

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'konstruct-test-'))
    process.env['KONSTRUCT_CACHE'] = folder
  })

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
    if (before === undefined) delete process.env['KONSTRUCT_CACHE']
    else process.env['KONSTRUCT_CACHE'] = before
  })

  it('gets a thing once, however many ask for it at the same time', async () => {
    let fills = 0
    const fill = async (target: string): Promise<void> => {
      fills += 1
      await sleep(50)
      writeFileSync(join(target, 'thing'), 'whole')
    }
    const found = await Promise.all([1, 2, 3].map(() => cached({ name: 'thing-1', report, fill })))
    assert.equal(fills, 1)
    assert.deepEqual(found, Array(3).fill(join(folder, 'thing-1')))
    assert.deepEqual(readdirSync(folder), ['thing-1'])
  })

  it('keeps nothing of a thing that could not be had, and tries again', async () => {
    const fail = (target: string): Promise<void> => {
      writeFileSync(join(target, 'half'), '')
      return Promise.reject(new Error('cut off'))
    }
    await assert.rejects(cached({ name: 'thing-1', report, fill: fail }), /cut off/)
    assert.deepEqual(readdirSync(folder), [])
    const found = await cached({ name: 'thing-1', report, fill: () => Promise.resolve() })
    assert.ok(existsSync(found))
  })

  it('removes what runs that were killed left of a thing, and of no other', async () => {
    for (const name of ['thing-1.4711.partial', 'thing-1.4712.partial', 'thing-1.5.4711.partial']) {
      mkdirSync(join(folder, name))
      writeFileSync(join(folder, name, 'half'), '')
    }
    await cached({ name: 'thing-1', report, fill: () => Promise.resolve() })
    assert.deepEqual(readdirSync(folder).toSorted(), ['thing-1', 'thing-1.5.4711.partial'])
  })
})
