import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { containerArgs, findContainerEngine } from '../../../dev/parts/container-engine.ts'
import { findKafka } from '../../../dev/parts/find-kafka.ts'
import { findPostgres } from '../../../dev/parts/postgres.ts'
import { findRedis } from '../../../dev/parts/redis.ts'

describe('A container engine', () => {
  const before = { ...process.env }
  let folder = ''

  /** The only program on the PATH is a docker whose engine answers, or does not. */
  const installDocker = (engineAnswers: boolean): void => {
    const file = join(folder, 'docker')
    writeFileSync(file, `#!/bin/sh\nexit ${engineAnswers ? 0 : 1}\n`)
    chmodSync(file, 0o755)
    Object.assign(process.env, { PATH: folder, KONSTRUCT_PART_ORIGIN: 'container' })
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'konstruct-test-'))
  })

  afterEach(() => {
    process.env = { ...before }
    rmSync(folder, { recursive: true, force: true })
  })

  it('does not count when only its client is there', async () => {
    installDocker(false)
    assert.equal(await findContainerEngine(), undefined)
    assert.equal((await findPostgres()).origin, 'package')
  })

  it('is used before any package is fetched', async () => {
    installDocker(true)
    const report = (): void => {}
    assert.equal(await findContainerEngine(), join(folder, 'docker'))
    assert.equal((await findPostgres()).origin, 'container')
    assert.equal((await findRedis(report)).origin, 'container')
    assert.equal((await findKafka(report)).origin, 'container')
  })

  it('runs a container that only this machine can reach and that leaves nothing behind', () => {
    const args = containerArgs({
      image: 'example/store:1',
      ports: new Map([[4000, 5432]]),
      env: { NAME: 'value' },
      mounts: new Map([['/outside', '/inside']]),
      args: ['store', '--fast'],
    })
    assert.equal(
      args.join(' '),
      'run --rm --init --publish 127.0.0.1:4000:5432 --env NAME=value --volume /outside:/inside example/store:1 store --fast',
    )
  })
})
