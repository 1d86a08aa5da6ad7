import assert from 'node:assert/strict'
import { createLeaseStore } from '../../../operator/kube/lease-store.ts'
import { LeaderElection } from '../../../operator/loop/leader-election.ts'
import { systemClock } from '../../../operator/loop/clock.ts'
import { silentLog } from '../../../services/shared/runtime/log.ts'
import { keepsTheContractOfALeaseStore } from '../../contracts/lease-store.ts'
import { aKube, type AKube } from './a-kube.ts'

describe('the lease store on a real API server', () => {
  let kube: AKube

  beforeEach(async () => {
    kube = await aKube()
  })

  afterEach(() => kube.close())

  const open = () => createLeaseStore(kube.client, { namespace: kube.namespace, name: 'konstruct-operator' })

  keepsTheContractOfALeaseStore(async () => open())

  it('elects one of two, and the other as soon as the first one stops', async () => {
    const elected: string[] = []
    const nextElected: (() => void)[] = []
    const elections = ['a', 'b'].map(
      (identity) =>
        new LeaderElection(
          { store: open(), clock: systemClock, log: silentLog, leads: () => {} },
          {
            identity,
            onElected: () => {
              elected.push(identity)
              nextElected.shift()?.()
            },
            onLost: () => assert.fail('lost'),
          },
        ),
    )
    const first = new Promise<void>((resolve) => nextElected.push(resolve))
    for (const election of elections) election.start()
    await first
    const second = new Promise<void>((resolve) => nextElected.push(resolve))
    const [leader, standby] = elections.toSorted((one, other) => Number(other.leads()) - Number(one.leads()))
    assert.equal(standby?.leads(), false)
    await leader?.stop()
    await second
    assert.equal(standby?.leads(), true)
    assert.deepEqual(elected.toSorted(), ['a', 'b'])
    await standby?.stop()
  })
})
