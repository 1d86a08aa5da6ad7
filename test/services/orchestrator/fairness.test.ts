import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Orchestrator } from '../../../services/orchestrator/orchestrator.ts'
import { Stage } from './stage.ts'
import { waitUntil } from '../../support/wait-until.ts'
import type { ModelAnswer, AskedModel } from './scripted-model.ts'

interface Held {
  readonly text: string
  readonly go: () => void
}

/** A model that answers only when told to, and knows how many it is being asked by at once. */
class HeldModel {
  readonly held: Held[] = []
  readonly begun: string[] = []
  free = false

  readonly script = async (answer: ModelAnswer, asked: AskedModel): Promise<void> => {
    const text = asked.messages.at(-1)?.content ?? ''
    this.begun.push(text)
    if (!this.free)
      await new Promise<void>((go) => {
        this.held.push({ text, go })
      })
    answer.text('Hello')
    answer.finish()
  }

  release(count = this.held.length): void {
    for (const { go } of this.held.splice(0, count)) go()
  }

  releaseAll(): void {
    this.free = true
    this.release()
  }
}

describe('Many turns at once', function () {
  // Whole turns on real parts, on a machine that may be busy.
  this.timeout(60_000)
  let stage: Stage
  let orchestrator: Orchestrator
  let model: HeldModel
  let tenants: readonly string[]
  const unused: (readonly string[])[] = []
  before(async () => {
    stage = await Stage.set()
    // Before the start, so that their limits are known when it is ready.
    for (let count = 0; count < 6; count += 1) {
      const pair = ['crowd', 'other'].map((name) => `${name}-${randomUUID().slice(0, 8)}`)
      for (const tenant of pair) await stage.publish({ tenant, limits: { maxConcurrentTurns: 2 } })
      unused.push(pair)
    }
    orchestrator = await stage.start({ capacity: 6 })
  })
  after(() => stage.strike())
  beforeEach(() => {
    model = new HeldModel()
    stage.model.script = model.script
    tenants = unused.pop() ?? []
  })

  const sendMany = (tenant: string, count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, index) => stage.send({ tenant, text: `${tenant} ${index}` })),
    )
  const runs = (count: number) =>
    waitUntil({ until: `${count} turns run` }, () => model.held.length === count || undefined)
  const isSetAside = (tenant: string, count: number) =>
    waitUntil({ until: `${count} turns are set aside` }, async () => {
      const rows = await stage.store.app.acrossTenants((tx) =>
        tx.query('select from konstruct.open_turns where tenant_id = $1 and set_aside', [tenant]),
      )
      return rows.length === count
    })

  it('runs no more of a tenant than its limit, and lets none of the crowd hold up another tenant', async () => {
    const [crowd = '', other = ''] = tenants
    const many = await sendMany(crowd, 40)
    await runs(2)
    const one = await stage.send({ tenant: other, text: 'other' })
    await waitUntil({ until: 'the other tenant is served' }, () => model.begun.includes('other'))
    assert.equal(model.held.length, 3)
    model.releaseAll()
    for (const ref of [...many, one]) assert.equal((await stage.ended(ref)).state, 'answered')
  })

  it('tells scaling of the turns that its tenants may run, whatever else they have open', async () => {
    const [crowd = '', other = ''] = tenants
    const conversation = randomUUID()
    const many = await sendMany(crowd, 20)
    for (let n = 0; n < 3; n += 1)
      many.push(await stage.send({ tenant: other, conversation, text: `${other} ${n}` }))
    await runs(3)
    const told = await (await fetch(`http://127.0.0.1:${orchestrator.adminPort}/metrics`)).text()
    assert.match(told, /^konstruct_turns_open 23$/m)
    assert.match(told, /^konstruct_turns_runnable 3$/m)
    model.releaseAll()
    for (const ref of many) assert.equal((await stage.ended(ref)).state, 'answered')
  })

  it('commits past what was set aside: nothing of it waits in Kafka', async () => {
    const [crowd = ''] = tenants
    const many = await sendMany(crowd, 20)
    await isSetAside(crowd, 18)
    model.releaseAll()
    for (const ref of many) assert.equal((await stage.ended(ref)).state, 'answered')
  })

  it('takes up what was set aside at once when a place gets free', async () => {
    const [crowd = ''] = tenants
    await stage.stop(orchestrator)
    // It looks by itself only when the test is long over.
    const woken = await stage.start({ capacity: 6, takeUpEveryMs: 60_000 })
    try {
      const many = await sendMany(crowd, 12)
      await isSetAside(crowd, 10)
      for (let left = 12; left > 0; left -= 2) {
        await runs(2)
        model.release()
      }
      for (const ref of many) assert.equal((await stage.ended(ref)).state, 'answered')
    } finally {
      await stage.stop(woken)
      orchestrator = await stage.start({ capacity: 6 })
    }
  })

  it('holds a tenant to its limit over several orchestrators', async () => {
    const second = await stage.start({ capacity: 6 })
    const [crowd = ''] = tenants
    const many = await sendMany(crowd, 30)
    let most = 0
    const watch = setInterval(() => {
      most = Math.max(most, model.held.length)
      model.release(1)
    }, 15)
    for (const ref of many) assert.equal((await stage.ended(ref, 20_000)).state, 'answered')
    clearInterval(watch)
    assert.equal(most, 2)
    await stage.stop(second)
  })

  it('keeps the order of a conversation whose turns were set aside', async () => {
    const [crowd = ''] = tenants
    const conversation = randomUUID()
    const texts = Array.from({ length: 12 }, (_, index) => `in order ${index}`)
    const refs = []
    for (const text of texts) refs.push(await stage.send({ tenant: crowd, conversation, text }))
    await sendMany(crowd, 6)
    await runs(2)
    model.releaseAll()
    for (const ref of refs) assert.equal((await stage.ended(ref)).state, 'answered')
    assert.deepEqual(
      model.begun.filter((text) => text.startsWith('in order')),
      texts,
    )
  })
})
