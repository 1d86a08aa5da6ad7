// What every LeaseStore keeps: whoever writes an old version loses, and what is written is what is read.
import assert from 'node:assert/strict'
import type { Lease, LeaseStore } from '../../operator/loop/leader-election.ts'
import { KonstructError } from '../../services/shared/runtime/errors.ts'

const aLease = (holder: string): Lease => ({
  holder,
  durationSeconds: 15,
  acquired: new Date('2030-01-01T00:00:00.123Z'),
  renewed: new Date('2030-01-01T00:00:02.456Z'),
  transitions: 3,
})

const isConflict = (thrown: unknown): boolean =>
  thrown instanceof KonstructError && thrown.code === 'KUBE_CONFLICT'

/** @param open a store whose lease does not exist yet */
export const keepsTheContractOfALeaseStore = (open: () => Promise<LeaseStore>): void => {
  const { signal } = new AbortController()

  it('has no lease at first', async () => {
    const store = await open()
    assert.equal(await store.read(signal), undefined)
  })

  it('reads what was written', async () => {
    const store = await open()
    await store.create(aLease('a'), signal)
    const { version, ...lease } = (await store.read(signal)) ?? assert.fail('no lease')
    assert.deepEqual(lease, aLease('a'))
    await store.update({ ...aLease('b'), version }, signal)
    assert.equal((await store.read(signal))?.holder, 'b')
  })

  it('lets a lease be nobody’s', async () => {
    const store = await open()
    const created = await store.create(aLease('a'), signal)
    await store.update({ ...created, holder: '' }, signal)
    assert.equal((await store.read(signal))?.holder, '')
  })

  it('lets one of two creators through', async () => {
    const store = await open()
    const results = await Promise.allSettled([
      store.create(aLease('a'), signal),
      store.create(aLease('b'), signal),
    ])
    const failed = results.filter((result) => result.status === 'rejected')
    assert.equal(failed.length, 1)
    assert.ok(isConflict(failed[0]?.reason))
  })

  it('lets one of two writers of the same version through', async () => {
    const store = await open()
    const { version } = await store.create(aLease('a'), signal)
    const results = await Promise.allSettled(
      ['b', 'c'].map((holder) => store.update({ ...aLease(holder), version }, signal)),
    )
    const failed = results.filter((result) => result.status === 'rejected')
    assert.equal(failed.length, 1)
    assert.ok(isConflict(failed[0]?.reason))
  })
}
