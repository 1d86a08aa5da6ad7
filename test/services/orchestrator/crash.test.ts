import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { freePort } from '../../../dev/parts/free-port.ts'
import { type LeashedProgram, startLeashed } from '../../../dev/parts/leashed-program.ts'
import type { TurnRef } from '../../../services/shared/domain/turn.ts'
import { claimTurn } from '../../../services/shared/store/claim-turn.ts'
import { saveReply } from '../../../services/shared/store/save-reply.ts'
import { untilLockedOut } from '../../support/until-locked-out.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { sayHello, type ModelScript } from './scripted-model.ts'
import { Stage, writtenText } from './stage.ts'

const leaseMs = 1_500
const main = new URL('../../../services/orchestrator/main.ts', import.meta.url).pathname

/** Begins to answer and never goes on. */
const stuck: ModelScript = (answer) => answer.text('Half of ')

describe('An orchestrator that ends', function () {
  // Processes start and stop, and leases run out.
  this.timeout(60_000)
  let stage: Stage
  let folder: string
  before(async () => {
    stage = await Stage.set()
    folder = mkdtempSync(join(tmpdir(), 'konstruct-test-'))
  })
  after(async () => {
    await stage.strike()
    rmSync(folder, { recursive: true, force: true })
  })
  beforeEach(() => {
    stage.model.asked.length = 0
  })
  afterEach(() => stage.stopAll())

  const startProcess = async (changes: Readonly<Record<string, string>> = {}): Promise<LeashedProgram> => {
    const port = String(await freePort())
    const program = await startLeashed({
      name: 'orchestrator',
      command: process.execPath,
      args: [main],
      env: {
        ...stage.environment,
        KONSTRUCT_ADMIN_PORT: port,
        KONSTRUCT_LEASE_MS: String(leaseMs),
        ...changes,
      },
      logFile: join(folder, `orchestrator-${port}.log`),
    })
    await waitUntil({ until: 'the process is ready', deadlineMs: 20_000 }, async () => {
      const response = await fetch(`http://127.0.0.1:${port}/readyz`)
      await response.text()
      return response.ok
    })
    return program
  }

  const writing = (ref: TurnRef, text: string): Promise<unknown> =>
    waitUntil({ until: 'it is being written' }, async () => writtenText(await stage.events(ref)) === text)

  const answeredOnce = async (ref: TurnRef): Promise<void> => {
    const turn = await stage.ended(ref, 20_000)
    assert.deepEqual([turn.state, turn.attempt], ['answered', 2])
    assert.deepEqual(await stage.replies(ref), [{ text: 'Hello', finish: 'complete' }])
    const events = await stage.events(ref)
    assert.equal(writtenText(events), 'Hello')
    const replies = events.filter((event) => event.kind === 'message' && event.message.role === 'agent')
    assert.equal(replies.length, 1)
    assert.equal(events.filter(({ kind }) => kind === 'restarted').length, 1)
  }

  it('killed with -9 mid-reply, leaves the turn to another: exactly one reply', async () => {
    stage.model.script = stuck
    const doomed = await startProcess()
    const refs = [await stage.send(), await stage.send({ user: 'ben' })]
    for (const ref of refs) await writing(ref, 'Half of ')
    stage.model.script = sayHello
    await stage.start({ leaseMs })
    await doomed.kill()
    for (const ref of refs) await answeredOnce(ref)
    await waitUntil({ until: 'nothing is left open' }, async () => (await stage.open()) === 0)
  })

  it('ends by SIGTERM in order, with a reply that is nearly done', async () => {
    stage.model.script = async (answer) => {
      answer.text('Half of ')
      await waitUntil({ until: 'the process was told to end' }, () => told)
      answer.text('it')
      answer.finish()
    }
    let told = false
    const program = await startProcess()
    const ref = await stage.send()
    await writing(ref, 'Half of ')
    const stopped = program.stop()
    told = true
    await stopped
    assert.equal(await program.exited, 0)
    assert.deepEqual(await stage.replies(ref), [{ text: 'Half of it', finish: 'complete' }])
    assert.equal((await stage.turn(ref)).attempt, 1)
  })

  it('hands over at once what does not end in time, and saves nothing of it', async () => {
    stage.model.script = stuck
    const first = await stage.start({ drainMs: 100, leaseMs: 30_000 })
    const ref = await stage.send()
    await writing(ref, 'Half of ')
    stage.model.script = sayHello
    await stage.start()
    const before = performance.now()
    await stage.stop(first)
    await answeredOnce(ref)
    assert.ok(performance.now() - before < 5_000, 'long before the lease ran out')
    assert.ok(stage.model.asked[0]?.closed.aborted)
  })

  it('hands over a turn whose claim is answered only after all were given up', async () => {
    stage.model.script = stuck
    const first = await stage.start({ drainMs: 100, leaseMs: 30_000 })
    const admin = new Client({ connectionString: stage.store.adminUrl.reveal() })
    await admin.connect()
    const lock = `(hashtextextended('konstruct.claim/' || $1, 0))`
    await admin.query(`select pg_advisory_lock${lock}`, [stage.tenant])
    const ref = await stage.send()
    await untilLockedOut(admin, 1)
    const stopped = stage.stop(first)
    // Long after the turns that ran were given up, and long before the connections are closed.
    await sleep(700)
    await admin.query(`select pg_advisory_unlock${lock}`, [stage.tenant])
    await stopped
    await admin.end()
    assert.equal(stage.model.asked.length, 0)
    assert.deepEqual(await stage.replies(ref), [])
    stage.model.script = sayHello
    await stage.start()
    assert.equal((await stage.ended(ref)).state, 'answered')
    assert.deepEqual(await stage.replies(ref), [{ text: 'Hello', finish: 'complete' }])
  })

  it('leaves what waits behind a running turn to the next one', async () => {
    stage.model.script = stuck
    const first = await stage.start({ drainMs: 100 })
    const running = await stage.send()
    const waiting = await stage.send({ conversation: running.conversation, text: 'next' })
    await writing(running, 'Half of ')
    stage.model.script = sayHello
    await stage.stop(first)
    await stage.start()
    assert.equal((await stage.ended(running)).state, 'answered')
    assert.equal((await stage.ended(waiting)).state, 'answered')
    assert.deepEqual(
      stage.model.asked.slice(1).map(({ messages }) => messages.at(-1)?.content),
      ['Hello', 'next'],
    )
  })

  it('saved but not announced: the reply is announced by the next one, and the model is not asked', async () => {
    const ref = await stage.send({ publish: false })
    const claim = await claimTurn(stage.store.app, {
      ref,
      worker: 'dead',
      leaseMs: 1,
      maxConcurrentTurns: 8,
      budget: null,
    })
    assert.equal(claim.kind, 'claimed')
    await saveReply(stage.store.app, {
      ref,
      attempt: 1,
      state: 'answered',
      author: 'support',
      text: 'Saved before',
      code: null,
      inputTokens: 1,
      outputTokens: 1,
    })
    await stage.start()
    await stage.ended(ref)
    const messages = (await stage.events(ref)).flatMap((event) =>
      event.kind === 'message' ? [event.message.text] : [],
    )
    assert.deepEqual(messages, ['Hello', 'Saved before'])
    assert.equal(stage.model.asked.length, 0)
    await waitUntil({ until: 'the turn is closed' }, async () => (await stage.open()) === 0)
  })

  it('says nothing more of a turn that another one claimed meanwhile', async () => {
    stage.model.script = async (answer, { closed }) => {
      answer.text('Half of ')
      await new Promise((resolve) => {
        closed.addEventListener('abort', resolve)
      })
    }
    await stage.start({ leaseMs })
    const ref = await stage.send()
    await writing(ref, 'Half of ')
    // As a worker does that took the turn after this one's lease had run out; at once, as this one renews it all the time.
    const taken = await stage.store.app.withTenant(ref.tenant, (tx) =>
      tx.query(
        `with lease as (
           update konstruct.open_turns set worker = 'other', lease_until = now() + interval '60 s' where turn_id = $1
         )
         update konstruct.turns set attempt = attempt + 1 where id = $1 returning id`,
        [ref.turn],
      ),
    )
    assert.equal(taken.length, 1)
    await waitUntil({ until: 'it gave up' }, () => stage.model.asked[0]?.closed.aborted)
    assert.deepEqual(await stage.replies(ref), [])
    const { state, attempt } = await stage.turn(ref)
    assert.deepEqual([state, attempt], ['running', 2])
  })
})
