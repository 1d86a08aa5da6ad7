import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { leftGroups, makeControlGroups, removeControlGroups } from '../../../dev/cluster/control-groups.ts'

describe('Control groups of a cluster', () => {
  let root = ''

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'konstruct-test-'))
  })

  afterEach(() => {
    rmSync(root, { recursive: true, force: true })
  })

  it('are one in every hierarchy of version 1, each of which may have a second name', () => {
    mkdirSync(join(root, 'memory'))
    mkdirSync(join(root, 'cpu,cpuacct'))
    symlinkSync('cpu,cpuacct', join(root, 'cpu'))
    makeControlGroups(root)
    assert.deepEqual(leftGroups(root).toSorted(), [
      join(root, 'cpu,cpuacct/konstruct'),
      join(root, 'memory/konstruct'),
    ])
  })

  it('are one at the top of version 2', () => {
    writeFileSync(join(root, 'cgroup.controllers'), 'cpu memory\n')
    mkdirSync(join(root, 'system.slice'))
    makeControlGroups(root)
    assert.deepEqual(leftGroups(root), [join(root, 'konstruct')])
  })

  it('go with all that is below them, and nothing else does', () => {
    mkdirSync(join(root, 'memory/konstruct/kubepods/burstable/pod1'), { recursive: true })
    mkdirSync(join(root, 'memory/other/kubepods'), { recursive: true })
    removeControlGroups(root)
    assert.deepEqual(leftGroups(root), [])
    assert.ok(existsSync(join(root, 'memory/other/kubepods')))
  })
})
