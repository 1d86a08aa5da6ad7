import assert from 'node:assert/strict'
import { freePort } from '../../../dev/parts/free-port.ts'
import { Secret } from '../../../services/shared/runtime/read-config.ts'
import { silentLog } from '../../../services/shared/runtime/log.ts'
import { startOrchestrator } from '../../../services/orchestrator/orchestrator.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { Stage } from './stage.ts'

describe('An orchestrator that starts', function () {
  this.timeout(30_000)
  let stage: Stage
  before(async () => {
    stage = await Stage.set()
  })
  after(() => stage.strike())

  const never = new AbortController().signal
  const ask = async (
    port: number,
    path: string,
  ): Promise<{ readonly status: number; readonly body: string }> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`)
    return { status: response.status, body: await response.text() }
  }

  it('refuses a role that gets around row-level security', async () => {
    const config = { ...stage.config, databaseUrl: stage.store.adminUrl }
    await assert.rejects(startOrchestrator(config, silentLog, never), { code: 'STORE_ROLE_UNSAFE' })
  })

  it('waits for PostgreSQL, not ready, until it is told to stop', async () => {
    const [port, adminPort] = [await freePort(), await freePort()]
    const databaseUrl = new Secret(`postgres://nobody@127.0.0.1:${port}/none`)
    const stopping = new AbortController()
    const starting = startOrchestrator(
      { ...stage.config, databaseUrl, adminPort },
      silentLog,
      stopping.signal,
    )
    const { status, body } = await waitUntil({ until: 'its admin port answers' }, () =>
      ask(adminPort, '/readyz'),
    )
    assert.equal(status, 503)
    assert.match(body, /\[-\]store failed/)
    assert.equal((await ask(adminPort, '/livez')).status, 200)
    stopping.abort()
    await assert.rejects(starting, { name: 'AbortError' })
    await assert.rejects(fetch(`http://127.0.0.1:${adminPort}/livez`))
  })

  it('waits for Kafka, not ready', async () => {
    const kafkaBrokers = [`127.0.0.1:${await freePort()}`]
    const orchestrator = await startOrchestrator({ ...stage.config, kafkaBrokers }, silentLog, never)
    const { status, body } = await ask(orchestrator.adminPort, '/readyz')
    assert.equal(status, 503)
    assert.match(body, /\[\+\]store ok[^]*\[-\]kafka failed/)
    await orchestrator.stop()
  })

  it('tells Prometheus what it does', async () => {
    const orchestrator = await stage.start({ capacity: 7 })
    await stage.ended(await stage.send())
    const { body } = await ask(orchestrator.adminPort, '/metrics')
    assert.match(body, /^konstruct_orchestrator_turns_capacity 7$/m)
    assert.match(body, /^konstruct_orchestrator_turns_running \d$/m)
    const of = `tenant="${stage.tenant}"`
    assert.match(body, new RegExp(`^konstruct_orchestrator_turns_total\\{${of},state="answered"\\} 1$`, 'm'))
    assert.match(body, new RegExp(`^konstruct_orchestrator_turns_total\\{${of},state="failed"\\} 0$`, 'm'))
    assert.match(
      body,
      new RegExp(`^konstruct_orchestrator_tokens_total\\{${of},direction="output"\\} \\d+$`, 'm'),
    )
    for (const count of ['open', 'runnable'])
      assert.match(body, new RegExp(`^konstruct_turns_${count} 0$`, 'm'))
    for (const store of ['postgres', 'redis', 'kafka'])
      assert.match(body, new RegExp(`^konstruct_store_up\\{store="${store}"\\} 1$`, 'm'))
    assert.match(body, /^konstruct_orchestrator_model_calls_total\{result="finished"\} 1$/m)
    assert.match(body, /^konstruct_orchestrator_first_delta_seconds_count 1$/m)
    assert.doesNotMatch(body, /[0-9a-f]{8}-[0-9a-f]{4}-/, 'no label is a turn, a conversation or a user')
  })
})
