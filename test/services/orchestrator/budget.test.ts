import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { endPeriod, useTokens } from '../../support/use-tokens.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { sayHello } from './scripted-model.ts'
import { Stage } from './stage.ts'

describe("A tenant's budget", function () {
  // Whole turns on real parts, on a machine that may be busy.
  this.timeout(30_000)
  let stage: Stage
  before(async () => {
    stage = await Stage.set()
    await stage.start()
  })
  after(() => stage.strike())
  beforeEach(() => {
    stage.model.script = sayHello
    stage.model.asked.length = 0
  })

  const budget = { tokens: 100, period: 'Month' } as const

  const frugal = async (): Promise<string> => {
    const tenant = `tenant-${randomUUID().slice(0, 8)}`
    await stage.publish({ tenant, limits: { budget } })
    return tenant
  }

  const refused = { state: 'failed', code: 'BUDGET_EXHAUSTED', attempt: 1, inputTokens: 0, outputTokens: 0 }

  it('that is used up fails a turn visibly that was taken before, and the model is not asked', async () => {
    const tenant = await frugal()
    const answered = await stage.send({ tenant })
    assert.equal((await stage.ended(answered)).state, 'answered')
    await useTokens(stage.store, tenant, 100 - 18)
    const ref = await stage.send({ tenant })
    assert.deepEqual(await stage.ended(ref), refused)
    assert.deepEqual(await stage.replies(ref), [{ text: '', finish: 'failed' }])
    const last = (await stage.events(ref)).at(-1)
    assert.ok(last?.kind === 'state' && last.code === 'BUDGET_EXHAUSTED', JSON.stringify(last))
    assert.equal(stage.model.asked.length, 1)
    await endPeriod(stage.store, tenant)
    assert.equal((await stage.ended(await stage.send({ tenant }))).state, 'answered')
  })

  it('lets what runs go on to its end, and counts it; what waits behind it is not begun', async () => {
    const tenant = await frugal()
    const conversation = randomUUID()
    const go = Promise.withResolvers<void>()
    stage.model.script = async (answer) => {
      answer.text('Hello')
      await go.promise
      answer.finish('stop', { prompt_tokens: 1_000, completion_tokens: 1 })
    }
    const running = await stage.send({ tenant, conversation })
    const waiting = await stage.send({ tenant, conversation })
    await waitUntil({ until: 'the first is being written' }, () => stage.model.asked.length === 1)
    await useTokens(stage.store, tenant, 100)
    go.resolve()
    assert.equal((await stage.ended(running)).state, 'answered')
    assert.deepEqual(await stage.ended(waiting), refused)
    assert.equal(stage.model.asked.length, 1)
  })

  it('holds for a turn whose worker died, and in a process that has just begun', async () => {
    const tenant = await frugal()
    await useTokens(stage.store, tenant, 100)
    await stage.stopAll()
    const ref = await stage.send({ tenant })
    await stage.store.app.withTenant(tenant, (tx) =>
      tx.query(`update konstruct.turns set state = 'running', attempt = 1 where id = $1`, [ref.turn]),
    )
    await stage.start()
    assert.deepEqual(await stage.ended(ref), { ...refused, attempt: 2 })
    assert.equal(stage.model.asked.length, 0)
  })
})
