import assert from 'node:assert/strict'
import { LeaderElection, type LeaseStore } from '../../../operator/loop/leader-election.ts'
import { KonstructError } from '../../../services/shared/runtime/errors.ts'
import { silentLog } from '../../../services/shared/runtime/log.ts'
import { FakeClock } from '../fake-clock.ts'
import { MemoryLeaseStore } from './memory-lease-store.ts'

const unavailable = new KonstructError('KUBE_UNAVAILABLE')

/** A process's election over a shared lease; what it was told is in `told`. */
const anElection = (identity: string, clock: FakeClock, store: LeaseStore) => {
  const told: string[] = []
  const election = new LeaderElection(
    { store, clock, log: silentLog, leads: (leading) => void told.push(leading ? 'leads' : 'stands by') },
    { identity, onElected: () => void told.push('elected'), onLost: () => void told.push('lost') },
  )
  election.start()
  return { election, told }
}

/** A process's own line to the shared lease, which can be cut. */
const lineTo = (store: LeaseStore) => {
  const line = { cut: false, asked: 0 }
  const through = async <Value>(call: () => Promise<Value>): Promise<Value> => {
    line.asked += 1
    if (line.cut) throw unavailable
    return call()
  }
  return Object.assign(line, {
    read: (signal: AbortSignal) => through(() => store.read(signal)),
    create: (...[lease, signal]: Parameters<LeaseStore['create']>) =>
      through(() => store.create(lease, signal)),
    update: (...[lease, signal]: Parameters<LeaseStore['update']>) =>
      through(() => store.update(lease, signal)),
  })
}

describe('LeaderElection', () => {
  it('takes a lease that does not exist, at once, and keeps it', async () => {
    const clock = new FakeClock()
    const store = new MemoryLeaseStore()
    const { election, told } = anElection('a', clock, store)
    await clock.advance(60_000)
    assert.deepEqual(told, ['stands by', 'leads', 'elected'])
    assert.equal(election.leads(), true)
    const lease = await store.read()
    assert.equal(lease?.holder, 'a')
    assert.equal(lease.transitions, 0)
    assert.equal(+lease.acquired, Date.UTC(2030, 0, 1))
    assert.equal(+lease.renewed, Date.UTC(2030, 0, 1, 0, 1))
  })

  it('has one leader among many that start together', async () => {
    const clock = new FakeClock()
    const store = new MemoryLeaseStore()
    const all = ['a', 'b', 'c'].map((identity) => anElection(identity, clock, store))
    for (let second = 0; second < 120; second += 1) {
      await clock.advance(1000)
      assert.equal(all.filter(({ election }) => election.leads()).length, 1)
    }
  })

  it('takes over 15 s after the holder was last heard of, however wrong the clock of the holder is', async () => {
    const clock = new FakeClock()
    const store = new MemoryLeaseStore()
    const renewed = new Date(Date.UTC(2099, 0, 1))
    await store.create({ holder: 'gone', durationSeconds: 15, acquired: renewed, renewed, transitions: 4 })
    const { election } = anElection('b', clock, store)
    await clock.advance(14_999)
    assert.equal(election.leads(), false)
    await clock.advance(2_000)
    assert.equal(election.leads(), true)
    assert.equal((await store.read())?.transitions, 5)
  })

  it('hands over within 2 s when the leader stops', async () => {
    const clock = new FakeClock()
    const store = new MemoryLeaseStore()
    const first = anElection('a', clock, store)
    await clock.advance(5_000)
    const second = anElection('b', clock, store)
    await clock.advance(5_000)
    await first.election.stop()
    assert.equal(first.election.leads(), false)
    await clock.advance(2_000)
    assert.equal(second.election.leads(), true)
    assert.ok(!first.told.includes('lost'))
  })

  it('stops writing 10 s after its last renewal, before anyone else can begin', async () => {
    const clock = new FakeClock()
    const store = new MemoryLeaseStore()
    const line = lineTo(store)
    const first = anElection('a', clock, line)
    await clock.advance(5_000)
    const second = anElection('b', clock, store)
    await clock.advance(2_000)
    line.cut = true
    for (let tick = 0; tick < 300; tick += 1) {
      assert.ok(!(first.election.leads() && second.election.leads()), 'two lead')
      await clock.advance(100)
    }
    assert.deepEqual(first.told.slice(-2), ['stands by', 'lost'])
    assert.equal(first.told.filter((what) => what === 'lost').length, 1)
    assert.equal(second.election.leads(), true)
    line.cut = false
    await clock.advance(60_000)
    assert.equal(first.election.leads(), false)
  })

  it('outlives an API server that is away for 7 s', async () => {
    const clock = new FakeClock()
    const store = new MemoryLeaseStore()
    const { election, told } = anElection('a', clock, store)
    await clock.advance(4_000)
    store.failure = unavailable
    await clock.advance(7_000)
    assert.equal(election.leads(), true)
    store.failure = undefined
    await clock.advance(20_000)
    assert.equal(election.leads(), true)
    assert.ok(!told.includes('lost'))
  })

  it('leads no more after it was frozen, even before it finds out', async () => {
    const clock = new FakeClock()
    const store = new MemoryLeaseStore()
    const { election, told } = anElection('a', clock, store)
    await clock.advance(4_000)
    const lease = (await store.read()) ?? assert.fail('no lease')
    clock.freeze(30_000)
    assert.equal(election.leads(), false)
    await store.update({ ...lease, holder: 'b' })
    await clock.advance(0)
    assert.equal(election.leads(), false)
    assert.ok(told.includes('lost'))
  })

  it('loses when someone else took the lease', async () => {
    const clock = new FakeClock()
    const store = new MemoryLeaseStore()
    const { election, told } = anElection('a', clock, store)
    await clock.advance(3_000)
    const lease = (await store.read()) ?? assert.fail('no lease')
    await store.update({ ...lease, holder: 'thief' })
    await clock.advance(2_000)
    assert.equal(election.leads(), false)
    assert.ok(told.includes('lost'))
  })

  it('asks no more once it has lost', async () => {
    const clock = new FakeClock()
    const line = lineTo(new MemoryLeaseStore())
    anElection('a', clock, line)
    await clock.advance(3_000)
    line.cut = true
    await clock.advance(12_000)
    const { asked } = line
    await clock.advance(60_000)
    assert.equal(line.asked, asked)
    assert.equal(clock.timers, 0)
  })

  it('asks no more once it has stopped', async () => {
    const clock = new FakeClock()
    const store = new MemoryLeaseStore()
    const line = lineTo(store)
    const { election } = anElection('a', clock, line)
    await clock.advance(3_000)
    await election.stop()
    const { asked } = line
    await clock.advance(60_000)
    assert.equal(line.asked, asked)
    assert.equal(clock.timers, 0)
  })

  it('does not wait for an API server that never answers', async () => {
    const clock = new FakeClock()
    const silent: LeaseStore = {
      read: (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error))
        }),
      create: () => assert.fail('created'),
      update: () => assert.fail('updated'),
    }
    const line = lineTo(silent)
    const { election } = anElection('a', clock, line)
    await clock.advance(15_000)
    assert.equal(line.asked, 3)
    const stopped = election.stop()
    await clock.advance(5_000)
    await stopped
  })
})
