// Stores that go away, come back and forget, in the middle of replies and while people send. All three are this test's
// own, so that it can kill them.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KafkaPart } from '../../dev/parts/kafka.ts'
import type { PostgresPart } from '../../dev/parts/postgres.ts'
import { ownKafka, ownPostgres } from '../support/parts.ts'
import { waitUntil } from '../support/wait-until.ts'
import { ownStore } from './own-store.ts'
import type { Person, Said } from './person.ts'
import { Platform, type TalkingTenant } from './platform.ts'
import { assertOneReply, measured } from './told.ts'

describe('While stores are lost', function () {
  this.timeout(120_000)
  let folder: string
  let kafka: KafkaPart
  let postgres: PostgresPart
  let platform: Platform
  let acme: TalkingTenant
  let person: Person

  before(async function () {
    this.timeout(240_000)
    folder = mkdtempSync(join(tmpdir(), 'konstruct-e2e-stores-'))
    ;[kafka, postgres] = await Promise.all([
      ownKafka({ folder: join(folder, 'kafka') }),
      ownPostgres({ folder: join(folder, 'postgres') }),
    ])
    platform = await Platform.start({ gateways: 2, store: await ownStore(postgres), brokers: kafka.brokers })
    acme = await platform.tenant()
    person = await platform.person(acme.tenant)
  })
  after(async () => {
    await platform.end()
    await Promise.all([kafka.stop(), postgres.stop()])
    rmSync(folder, { recursive: true, force: true })
  })
  afterEach(() => acme.model.release())

  const untilHalf = async (text: string): Promise<Said> => {
    acme.model.hold()
    const said = person.say(text)
    await person.reading(said, 40)
    return said
  }

  const portOf = (address: string): number => Number(new URL(address).port)

  it('I1 I5: a reply is shown whole after FLUSHALL in its middle', async () => {
    const said = await untilHalf('flush')
    await platform.flushRedis()
    // The model goes on: with its next words the whole text so far has to be there again.
    acme.model.hold(0.75)
    const [call] = acme.model.callsFor('flush')
    await waitUntil(
      { until: 'three quarters are on the screen, from the beginning', deadlineMs: 20_000 },
      () => {
        const live = person.view(said.frame.conversation).live.get(said.accepted?.turn ?? '')
        return (
          call?.said === 15 &&
          live?.text ===
            call.answer
              .split(/(?<= )/)
              .slice(0, 15)
              .join('')
        )
      },
    )
    acme.model.release()
    await assertOneReply(person, said, acme.model)
    assert.equal(acme.model.callsFor('flush').length, 1)
  })

  it('I1 I5: a reply is shown whole when Redis is killed in its middle and comes back empty', async () => {
    const said = await untilHalf('kill redis')
    await platform.restartRedis()
    const backAt = performance.now()
    acme.model.release()
    await assertOneReply(person, said, acme.model)
    measured('Redis killed and back: until the reply is whole', performance.now() - backAt)
    assert.equal(acme.model.callsFor('kill redis').length, 1)
  })

  it('I1 I5: a message is accepted and its reply saved while Redis is away, and both are shown when it is back', async () => {
    await platform.redis.kill()
    const said = person.say('no redis')
    await person.accepted(said)
    await waitUntil(
      { until: 'the reply is saved', deadlineMs: 30_000 },
      async () => (await person.history(said.frame.conversation)).length === 2,
    )
    await platform.restartRedis()
    await assertOneReply(person, said, acme.model)
  })

  it('I1 I2: a reply is saved once when PostgreSQL is killed in its middle', async () => {
    const said = await untilHalf('kill postgres')
    await postgres.kill()
    acme.model.release()
    await waitUntil({ until: 'the model is through', deadlineMs: 30_000 }, () =>
      acme.model.callsFor('kill postgres').some((call) => call.said === 20),
    )
    postgres = await ownPostgres({ folder: join(folder, 'postgres'), port: portOf(postgres.url) })
    const backAt = performance.now()
    await assertOneReply(person, said, acme.model)
    measured('PostgreSQL killed and back: until the reply is whole', performance.now() - backAt)
    // A claim is not waited for on the disk, so a crash may lose it; then the model is asked again, and one answer counts.
    assert.ok(acme.model.callsFor('kill postgres').length <= 2)
  })

  it('I1 I2 I3: what is said while Kafka is away is accepted when it is back, and answered once', async () => {
    const people = await Promise.all([0, 1, 0, 1].map((gateway) => platform.person(acme.tenant, gateway)))
    await kafka.kill()
    const said = people.flatMap((speaker, n) => {
      const first = speaker.say(`away ${n} first`)
      return [
        { speaker, one: first },
        { speaker, one: speaker.say(`away ${n} second`, first.frame.conversation) },
      ]
    })
    kafka = await ownKafka({ folder: join(folder, 'kafka'), port: portOf(`kafka://${kafka.brokers[0]}`) })
    const backAt = performance.now()
    for (const { speaker, one } of said) await speaker.accepted(one)
    measured('Kafka killed and back: until all that was said is accepted', performance.now() - backAt)
    for (const { speaker, one } of said) await speaker.answered(one)
    measured('Kafka killed and back: until all is answered', performance.now() - backAt)
    for (const { speaker, one } of said) await assertOneReply(speaker, one, acme.model)
    for (const speaker of people) assert.equal(speaker.views.size, 1)
    assert.equal(acme.model.calls.filter(({ text }) => text.startsWith('away ')).length, said.length)
  })

  it('I1 I2: a message that was stored, but not accepted when its gateway was killed, is taken once by the other', async () => {
    await platform.restore({ gateways: 2 })
    const speaker = await platform.person(acme.tenant, 1)
    process.kill(kafka.pid ?? Number.NaN, 'SIGSTOP')
    const said = speaker.say('stored, not accepted')
    await waitUntil({ until: 'the message is stored', deadlineMs: 20_000, everyMs: 5 }, () =>
      speaker.history(said.frame.conversation).then(
        (messages) => messages.length > 0,
        () => false,
      ),
    )
    assert.equal(said.accepted, null)
    const own = platform.gateways.find(({ url }) => url === speaker.gateway)
    assert.ok(own)
    await platform.kill(own)
    await waitUntil(
      { until: 'the person is at the other gateway', deadlineMs: 20_000 },
      () => speaker.isConnected,
    )
    process.kill(kafka.pid ?? Number.NaN, 'SIGCONT')
    await assertOneReply(speaker, said, acme.model)
    assert.equal((await speaker.history(said.frame.conversation)).length, 2)
    assert.equal(acme.model.callsFor('stored, not accepted').length, 1)
  })
})
