// Every program of the image reads its settings in the one way that refuses to go without verification.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'

const programs = [
  'operator/main.ts',
  'operator/uninstall-guard/main.ts',
  'operator/release-test/main.ts',
  'services/gateway/main.ts',
  'services/orchestrator/main.ts',
  'migrations/main.ts',
]

describe('A program whose environment switches the verification of TLS off', function () {
  this.timeout(30_000)

  for (const program of programs)
    it(`does not start, and says what to take out: ${program}`, () => {
      const env = { PATH: process.env['PATH'], NODE_TLS_REJECT_UNAUTHORIZED: '0' }
      const { status, stdout, stderr } = spawnSync(process.execPath, [program], { env, encoding: 'utf8' })
      assert.notEqual(status, 0)
      assert.match(stdout + stderr, /take out NODE_TLS_REJECT_UNAUTHORIZED/)
    })
})
