import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { holdLock } from '../../../dev/parts/hold-lock.mjs'

const module = new URL('../../../dev/parts/hold-lock.mjs', import.meta.url).href
const holderScript = `
  import { holdLock } from '${module}'
  await holdLock('test of the dead', () => { console.log('held'); return new Promise((r) => setTimeout(r, 60000)) })`

describe('A lock', () => {
  it('has one holder at a time, and all get it in the end', async () => {
    let inside = 0
    let most = 0
    const work = async (): Promise<void> => {
      inside += 1
      most = Math.max(most, inside)
      await new Promise((resolve) => {
        setTimeout(resolve, 10)
      })
      inside -= 1
    }
    await Promise.all([1, 2, 3, 4].map(() => holdLock('test of many', work)))
    assert.equal(most, 1)
  })

  it('is free again when its work fails', async () => {
    const fail = (): Promise<void> => Promise.reject(new Error('no'))
    await assert.rejects(holdLock('test of failure', fail), /no/)
    assert.equal(await holdLock('test of failure', () => Promise.resolve('held')), 'held')
  })

  it('is free again when its holder was killed with -9, and whoever waits gets it', async () => {
    const holder = spawn(process.execPath, ['--input-type=module', '--eval', holderScript], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(holder.stdout, 'data')
    const mine = holdLock(
      'test of the dead',
      () => Promise.resolve('mine'),
      () => holder.kill('SIGKILL'),
    )
    assert.equal(await mine, 'mine')
  })
})
