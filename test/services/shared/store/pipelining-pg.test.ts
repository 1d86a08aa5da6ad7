import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { pipeliningPg } from '../../../../services/shared/store/pipelining-pg.ts'
import { type Wire, wireTo } from '../../../support/cut-off.ts'
import { postgres } from '../../../support/parts.ts'

const statementMs = 300
const silentForMs = statementMs + 2_000

describe('A connection to PostgreSQL', () => {
  let wire: Wire
  let client: InstanceType<typeof pipeliningPg.Client>

  beforeEach(async () => {
    wire = await wireTo((await postgres()).url)
    client = new pipeliningPg.Client({ connectionString: wire.url, statement_timeout: statementMs })
    client.on('error', () => {})
    await client.connect()
  })
  afterEach(async () => {
    await wire.close()
    await client.end()
  })

  const assertGivenUp = async (): Promise<void> => {
    wire.silence()
    const since = performance.now()
    const asked = [client.query('select 1'), client.query('select 2')]
    for (const outcome of await Promise.allSettled(asked)) {
      assert.equal(outcome.status, 'rejected')
      assert.equal((outcome.reason as { code: string }).code, 'ETIMEDOUT')
    }
    assert.ok(performance.now() - since < silentForMs + 1_000)
  }

  it('is given up when nothing comes for longer than a statement may take', assertGivenUp)

  it('is kept for as long as nothing is asked, and given up when what is asked then has no answer', async () => {
    await client.query('select 1')
    await sleep(silentForMs + 300)
    assert.deepEqual((await client.query('select 2 as two')).rows, [{ two: 2 }])
    await assertGivenUp()
  })
})
