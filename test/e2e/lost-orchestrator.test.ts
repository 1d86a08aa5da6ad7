// Orchestrators that die, hang and leave in the middle of a reply. The model is held there, so that "in the middle" is no
// matter of luck.
import assert from 'node:assert/strict'
import { waitUntil } from '../support/wait-until.ts'
import type { ChildService } from './child-service.ts'
import type { Person, Said } from './person.ts'
import { Platform, type TalkingTenant } from './platform.ts'
import { assertOneReply, measured } from './told.ts'

/** As it is where nobody sets it: so long the turns of a lost worker wait. */
const usualLease = { KONSTRUCT_LEASE_MS: '5000' }

describe('A reply that is being written', function () {
  this.timeout(90_000)
  let platform: Platform
  let acme: TalkingTenant
  let person: Person

  before(async function () {
    this.timeout(180_000)
    platform = await Platform.start({ orchestrators: 0 })
    acme = await platform.tenant()
    person = await platform.person(acme.tenant)
  })
  after(() => platform.end())
  afterEach(() => acme.model.release())

  /** Two that hold no turn yet. */
  const twoOrchestrators = async (settings: Readonly<Record<string, string>> = {}): Promise<void> => {
    await Promise.all([...platform.orchestrators].map((child) => platform.stop(child)))
    await Promise.all([1, 2].map(() => platform.startOrchestrator(settings)))
  }

  /** Says something and waits until half of the reply is on the screen, and who writes it. */
  const untilHalf = async (text: string): Promise<{ said: Said; worker: ChildService }> => {
    acme.model.hold()
    const said = person.say(text)
    const { turn } = await person.accepted(said)
    await waitUntil({ until: 'the model is in the middle', deadlineMs: 30_000 }, () =>
      acme.model.callsFor(text).some((call) => call.said >= 10),
    )
    await person.reading(said)
    return { said, worker: await platform.workerOf({ tenant: acme.tenant, turn }) }
  }

  /** Waits until another attempt is on the screen, and its call of the model in the middle too. */
  const untilAgain = async ({ frame, accepted }: Said): Promise<void> => {
    const view = person.view(frame.conversation)
    await waitUntil({ until: 'the client sees the turn restarted', deadlineMs: 60_000, everyMs: 3 }, () =>
      view.restarts.has(accepted?.turn ?? ''),
    )
    await waitUntil({ until: 'the second call is in the middle', deadlineMs: 20_000 }, () =>
      acme.model
        .callsFor(frame.text)
        .slice(1)
        .some((call) => call.said >= 10),
    )
  }

  it('I1 I2 I5: is begun anew by another orchestrator when its own is killed, and is saved once', async () => {
    await twoOrchestrators(usualLease)
    const { said, worker } = await untilHalf('kill one of two')
    const killedAt = performance.now()
    await platform.kill(worker)
    await untilAgain(said)
    acme.model.release()
    measured('killed, another one runs: until the reply is written again', performance.now() - killedAt)
    const reply = await assertOneReply(person, said, acme.model)
    measured('killed, another one runs: until the reply is whole', performance.now() - killedAt)
    assert.deepEqual(
      acme.model
        .callsFor('kill one of two')
        .map(({ answer }) => answer)
        .indexOf(reply.text),
      1,
    )
  })

  it('I1 I2 I5: waits for an orchestrator when all are killed, and is then saved once', async () => {
    await twoOrchestrators(usualLease)
    const { said } = await untilHalf('kill all')
    const killedAt = performance.now()
    await Promise.all([...platform.orchestrators].map((child) => platform.kill(child)))
    await platform.startOrchestrator()
    measured('all killed: until an orchestrator is ready again', performance.now() - killedAt)
    await untilAgain(said)
    acme.model.release()
    await assertOneReply(person, said, acme.model)
    measured('all killed: until the reply is whole', performance.now() - killedAt)
  })

  it('I2: is not taken from an orchestrator that slept beyond its lease and wakes with a whole answer', async () => {
    await twoOrchestrators(usualLease)
    const { said, worker } = await untilHalf('sleep')
    const pausedAt = performance.now()
    worker.pause()
    await untilAgain(said)
    measured('paused: until the reply is written again', performance.now() - pausedAt)
    // All that is missing of the first answer lies in the sleeper's socket; the second one is still being written.
    const [first, second] = acme.model.callsFor('sleep')
    acme.model.free(first)
    await waitUntil({ until: 'the first call is through', deadlineMs: 20_000 }, () => first?.said === 20)
    worker.resume()
    await waitUntil({ until: 'the sleeper saw that its turn is lost', deadlineMs: 30_000 }, async () => {
      const metrics = await (await fetch(`${worker.adminUrl}/metrics`)).text()
      return /_runs_total\{outcome="fenced"\} 1/.test(metrics)
    })
    assert.equal((await person.history(said.frame.conversation)).length, 1, 'nothing was saved by it')
    acme.model.release()
    assert.equal((await assertOneReply(person, said, acme.model)).text, second?.answer)
  })

  it('I2: is ended by its orchestrator when that is asked to go and has the time', async () => {
    await twoOrchestrators()
    const { said, worker } = await untilHalf('go in time')
    const gone = platform.stop(worker)
    await waitUntil({ until: 'it is stopping', deadlineMs: 30_000 }, () =>
      worker.log().includes('"stopping"'),
    )
    acme.model.release()
    await assertOneReply(person, said, acme.model)
    await gone
    assert.equal(acme.model.callsFor('go in time').length, 1)
    assert.equal(person.view(said.frame.conversation).restarts.size, 0)
  })

  it('I2: is handed over at once by an orchestrator that is asked to go and has no time', async () => {
    await Promise.all([...platform.orchestrators].map((child) => platform.stop(child)))
    const hasty = await platform.startOrchestrator({ KONSTRUCT_DRAIN_MS: '100' })
    const { said, worker } = await untilHalf('go now')
    assert.equal(worker.pid, hasty.pid)
    await platform.startOrchestrator()
    const askedAt = performance.now()
    const gone = platform.stop(hasty)
    await untilAgain(said)
    acme.model.release()
    measured('handed over: until the reply is written again', performance.now() - askedAt)
    await assertOneReply(person, said, acme.model)
    await gone
  })
})
