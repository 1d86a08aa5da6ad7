import assert from 'node:assert/strict'
import { Client } from 'pg'
import type { TurnRef } from '../../../../services/shared/domain/turn.ts'
import { appendUserMessage } from '../../../../services/shared/store/append-user-message.ts'
import {
  confirmPublished,
  countOpenTurns,
  findWaitingTurns,
  releaseLeases,
  renewLeases,
  setAside,
} from '../../../../services/shared/store/open-turns.ts'
import { requestStop } from '../../../../services/shared/store/request-stop.ts'
import { saveReply } from '../../../../services/shared/store/save-reply.ts'
import { type FreshStore, freshStore } from '../../../support/fresh-store.ts'
import { purgeTenant } from '../../../support/purge-tenant.ts'
import { type TalkingTenant, talkingTenant } from '../../../support/talking-tenant.ts'
import { untilLockedOut } from '../../../support/until-locked-out.ts'

describe('A waiting turn is found again', () => {
  let store: FreshStore
  let of: TalkingTenant

  before(async () => {
    store = await freshStore()
  })
  after(() => store.close())
  beforeEach(async () => {
    of = await talkingTenant(store)
  })
  afterEach(() => purgeTenant(store.operator, of.tenant))

  const waiting = async (): Promise<readonly string[]> => {
    const refs = await findWaitingTurns(store.app, { limit: 50, exceptTenants: [] })
    return refs.filter((ref) => ref.tenant === of.tenant).map((ref) => ref.turn)
  }

  it('does not happen to a turn that was just published or is being run', async () => {
    const [published, running] = [await of.send(), await of.send()]
    await confirmPublished(store.app, [published, running])
    await of.claimed(running)
    assert.deepEqual(await waiting(), [])
  })

  it('happens when it was set aside, its worker died, its publication or its announcement was lost', async () => {
    const [aside, orphan, unpublished, unannounced] = [
      await of.send(),
      await of.send(),
      await of.send(),
      await of.send(),
    ]
    await confirmPublished(store.app, [aside, orphan, unannounced])
    await setAside(store.app, [aside])
    await of.claimed(orphan)
    const { attempt } = await of.claimed(unannounced)
    await saveReply(store.app, of.aReply(unannounced, attempt))
    await of.age(orphan, 120)
    await of.age(unannounced, 120)
    assert.deepEqual(new Set(await waiting()), new Set([aside.turn, orphan.turn, unannounced.turn]))
    await of.age(unpublished, 6)
    assert.ok((await waiting()).includes(unpublished.turn))
  })

  it('goes round the tenants, oldest first within each', async () => {
    const { tenant: other } = await talkingTenant(store)
    const refs = [await of.send(), await of.send(), await of.send()]
    const message = of.aMessage({ tenant: other })
    const { turn } = await appendUserMessage(store.app, message)
    await setAside(store.app, [...refs, { tenant: other, conversation: message.conversation, turn }])
    const found = await findWaitingTurns(store.app, { limit: 3, exceptTenants: [] })
    await purgeTenant(store.operator, other)
    assert.deepEqual(
      found.map((ref) => ref.turn),
      [refs[0]?.turn, turn, refs[1]?.turn],
    )
  })

  it('of a tenant of which nothing runs is found before an older backlog of one that is being answered', async () => {
    const { tenant: other } = await talkingTenant(store)
    const [running, ...backlog] = [await of.send(), await of.send(), await of.send()]
    const message = of.aMessage({ tenant: other })
    const { turn } = await appendUserMessage(store.app, message)
    await of.claimed(running)
    await setAside(store.app, [...backlog, { tenant: other, conversation: message.conversation, turn }])
    const found = await findWaitingTurns(store.app, { limit: 1, exceptTenants: [] })
    await purgeTenant(store.operator, other)
    assert.deepEqual(
      found.map((ref) => ref.turn),
      [turn],
    )
  })

  it('is begun before others are announced, as announcing may fail for long, and one is always announced', async () => {
    const finished = [await of.send(), await of.send(), await of.send()]
    for (const ref of finished) {
      await saveReply(store.app, of.aReply(ref, (await of.claimed(ref)).attempt))
      await of.age(ref, 120)
    }
    const unfinished = [await of.send(), await of.send()]
    await setAside(store.app, unfinished)
    const found = async (limit: number) =>
      (await findWaitingTurns(store.app, { limit, exceptTenants: [] })).map(({ turn }) => turn)
    const [begun, announced] = [unfinished, finished].map((refs) => refs.map(({ turn }) => turn))
    assert.deepEqual(await found(1), [begun?.[0], announced?.[0]])
    assert.deepEqual(await found(2), [...(begun ?? []), announced?.[0]])
    assert.deepEqual(await found(4), [...(begun ?? []), announced?.[0], announced?.[1]])
  })

  it('skips tenants that are known to be at their cap', async () => {
    await setAside(store.app, [await of.send()])
    assert.deepEqual(await findWaitingTurns(store.app, { limit: 5, exceptTenants: [of.tenant] }), [])
  })

  it('happens at once when a worker gives its leases back', async () => {
    const ref = await of.send()
    await of.claimed(ref, 'leaving')
    await releaseLeases(store.app, 'leaving')
    assert.deepEqual(await waiting(), [ref.turn])
  })

  it('keeps the lease of a worker that renews it, and tells it of a stop', async () => {
    const ref = await of.send()
    await of.claimed(ref, 'w1')
    assert.equal(await requestStop(store.app, ref, 'bob'), false)
    assert.equal(await requestStop(store.app, ref, 'ann'), true)
    assert.deepEqual(await renewLeases(store.app, 'w1', 60_000, [ref]), [{ ...ref, stopRequested: true }])
    assert.deepEqual(await renewLeases(store.app, 'w2', 60_000, [ref]), [])
  })
})

describe('The backlog of a tenant', () => {
  let store: FreshStore
  let of: TalkingTenant

  before(async () => {
    store = await freshStore()
    of = await talkingTenant(store)
  })
  after(() => store.close())

  const backlog = async () => {
    const all = await countOpenTurns(store.app)
    const { open, oldestWaitingSeconds } = all.find(({ tenant }) => tenant === of.tenant) ?? {
      open: 0,
      oldestWaitingSeconds: 0,
    }
    return { open, seconds: Math.floor(oldestWaitingSeconds) }
  }

  it('is all that waits or runs; as waiting counts what somebody could work on and nobody does', async () => {
    assert.deepEqual(await backlog(), { open: 0, seconds: 0 })
    const running = await of.send()
    const behind = await of.send({ conversation: running.conversation })
    const waiting = await of.send()
    await of.age(behind, 900)
    await of.age(running, 600)
    await of.age(waiting, 60)
    const { attempt } = await of.claimed(running)
    assert.deepEqual(await backlog(), { open: 3, seconds: 60 })
    await saveReply(store.app, of.aReply(running, attempt))
    assert.deepEqual(await backlog(), { open: 2, seconds: 900 })
  })
})

describe('Batches that name the same turns', () => {
  let store: FreshStore
  let admin: Client
  before(async () => {
    store = await freshStore()
    admin = new Client({ connectionString: store.adminUrl.reveal() })
    await admin.connect()
  })
  after(async () => {
    await admin.end()
    await store.close()
  })

  it('lock them in one order, however they are named, so that none waits for another that waits for it', async () => {
    const of = await talkingTenant(store)
    const refs: TurnRef[] = []
    for (let n = 0; n < 12; n += 1) refs.push(await of.send())
    const [first, ...others] = refs.toSorted((one, other) => (one.turn < other.turn ? -1 : 1))
    await admin.query('begin')
    await admin.query('select from konstruct.open_turns where turn_id = $1 for update', [first?.turn])
    const batch = confirmPublished(store.app, refs)
    await untilLockedOut(admin, 1)
    const { rows: free } = await admin.query(
      'select from konstruct.open_turns where turn_id = any ($1) for update skip locked',
      [others.map(({ turn }) => turn)],
    )
    await admin.query('commit')
    await batch
    assert.equal(free.length, others.length)
  })
})
