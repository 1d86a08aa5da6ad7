import assert from 'node:assert/strict'
import fc from 'fast-check'
import { TurnQueue } from '../../../services/orchestrator/turn-queue.ts'

interface Item {
  readonly ref: { readonly tenant: string; readonly conversation: string; readonly turn: string }
}

let made = 0
const turnOf = (tenant: string, conversation = `${tenant}-${made}`): Item => {
  made += 1
  return { ref: { tenant, conversation, turn: `turn-${made}` } }
}

const queueOf = (capacity: number, limit: number) => new TurnQueue<Item>({ capacity, limitOf: () => limit })

const startAll = (queue: TurnQueue<Item>): Item[] => {
  const started: Item[] = []
  for (let item = queue.next(); item !== undefined; item = queue.next()) started.push(item)
  return started
}

type Step =
  | { readonly kind: 'offer'; readonly tenant: string; readonly conversation: string }
  | { readonly kind: 'start' }
  | { readonly kind: 'end'; readonly which: number }
  | { readonly kind: 'withdraw'; readonly tenant: string }

const tenants = ['acme', 'globex', 'initech'] as const

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('offer' as const),
        tenant: fc.constantFrom(...tenants),
        conversation: fc.constantFrom('a', 'b', 'c', 'd'),
      }),
    },
    { weight: 4, arbitrary: fc.constant({ kind: 'start' as const }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('end' as const), which: fc.nat(20) }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('withdraw' as const), tenant: fc.constantFrom(...tenants) }),
    },
  ),
  { maxLength: 120 },
)

/** The queue beside the simplest model of what it should hold. */
const play = (script: readonly Step[], capacity: number, limit: number): void => {
  const queue = queueOf(capacity, limit)
  const waiting: Item[] = []
  const running: Item[] = []
  const drop = (list: Item[], item: Item): void => void list.splice(list.indexOf(item), 1)
  const act: { readonly [Kind in Step['kind']]: (step: Extract<Step, { kind: Kind }>) => void } = {
    offer: ({ tenant, conversation }) => {
      const item = turnOf(tenant, `${tenant}/${conversation}`)
      if (queue.offer(item) === 'queued') waiting.push(item)
    },
    start: () => {
      const item = queue.next()
      if (item === undefined) return
      const { tenant, conversation } = item.ref
      const first = waiting.find(({ ref }) => ref.conversation === conversation)
      assert.equal(item, first, 'a conversation keeps its order')
      assert.ok(!running.some(({ ref }) => ref.conversation === conversation), 'one turn of a conversation')
      drop(waiting, item)
      running.push(item)
      assert.ok(running.length <= capacity, 'capacity')
      assert.ok(running.filter(({ ref }) => ref.tenant === tenant).length <= limit, 'limit of the tenant')
    },
    end: ({ which }) => {
      const item = running[which % Math.max(running.length, 1)]
      if (item === undefined) return
      drop(running, item)
      queue.ended(item)
    },
    withdraw: ({ tenant }) => {
      const taken = queue.withdraw(tenant)
      const expected = waiting.filter(({ ref }) => ref.tenant === tenant)
      assert.deepEqual(new Set(taken), new Set(expected))
      for (const item of expected) drop(waiting, item)
    },
  }
  for (const step of script) {
    ;(act[step.kind] as (step: Step) => void)(step)
    assert.deepEqual([queue.running, queue.waiting], [running.length, waiting.length])
  }
  // Whatever was offered comes out in the end: nothing starves and nothing is kept for good.
  for (let rounds = 0; waiting.length + running.length > 0; rounds += 1) {
    assert.ok(rounds < 1_000, 'nothing moves any more')
    const before = running.length
    act.start({ kind: 'start' })
    if (running.length === before) act.end({ kind: 'end', which: 0 })
  }
}

describe('The queue of turns', () => {
  it('keeps the order of each conversation and every bound, and starves nobody, whatever happens', () => {
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 4 }),
        (script, capacity, limit) => play(script, capacity, limit),
      ),
      { numRuns: 500 },
    )
  })

  it('serves tenants in turn, however much one of them wants', () => {
    const queue = queueOf(10, 10)
    for (let count = 0; count < 8; count += 1) queue.offer(turnOf('acme'))
    queue.offer(turnOf('globex'))
    queue.offer(turnOf('initech'))
    const order = startAll(queue).map(({ ref }) => ref.tenant)
    assert.deepEqual(order.slice(0, 4), ['acme', 'globex', 'initech', 'acme'])
  })

  it('gives a free place to the tenant that was served longest ago', () => {
    const queue = queueOf(2, 2)
    const [first, second] = [turnOf('acme'), turnOf('acme')]
    queue.offer(first)
    queue.offer(second)
    startAll(queue)
    queue.offer(turnOf('globex'))
    queue.ended(first)
    assert.deepEqual(
      startAll(queue).map(({ ref }) => ref.tenant),
      ['globex'],
    )
  })

  it('takes no more conversations of a tenant than it may run, and none of this holds back another', () => {
    const queue = queueOf(10, 2)
    assert.deepEqual(
      [turnOf('acme'), turnOf('acme'), turnOf('acme')].map((item) => queue.offer(item)),
      ['queued', 'queued', 'full'],
    )
    assert.deepEqual(queue.fullTenants, ['acme'])
    assert.equal(queue.offer(turnOf('globex')), 'queued')
  })

  it('holds the next turn of a conversation ready, and no more of it', () => {
    const queue = queueOf(10, 2)
    const three = [turnOf('acme', 'c'), turnOf('acme', 'c'), turnOf('acme', 'c')] as const
    assert.deepEqual(
      three.map((item) => queue.offer(item)),
      ['queued', 'queued', 'full'],
    )
    assert.deepEqual(startAll(queue), [three[0]])
    queue.ended(three[0])
    assert.deepEqual(startAll(queue), [three[1]])
  })

  it('knows a turn that it has already, waiting or running', () => {
    const queue = queueOf(1, 1)
    const item = turnOf('acme')
    queue.offer(item)
    assert.equal(queue.offer({ ...item }), 'known')
    startAll(queue)
    assert.equal(queue.offer({ ...item }), 'known')
    queue.ended(item)
    assert.equal(queue.offer({ ...item }), 'queued')
  })

  it('follows a limit that is lowered while turns run', () => {
    let limit = 3
    const queue = new TurnQueue<Item>({ capacity: 10, limitOf: () => limit })
    const items = [turnOf('acme', 'a'), turnOf('acme', 'b'), turnOf('acme', 'c')] as const
    for (const item of items) queue.offer(item)
    limit = 1
    assert.equal(startAll(queue).length, 1)
  })
})
