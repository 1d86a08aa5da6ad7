import assert from 'node:assert/strict'
import { openClients, type Clients } from '../../../services/orchestrator/clients.ts'
import { createMetrics } from '../../../services/orchestrator/metrics.ts'
import { TurnWorks } from '../../../services/orchestrator/turn-works.ts'
import type { MessageLog } from '../../../services/shared/bus/message-log.ts'
import { silentLog } from '../../../services/shared/runtime/log.ts'
import { freshTenantName } from '../../support/a-tenant.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { Stage, writtenText } from './stage.ts'

/** A log whose subscriptions leave their group, and then fail all the same. */
const failingToClose = (bus: MessageLog): MessageLog => ({
  ...bus,
  subscribe: (options) => {
    const subscription = bus.subscribe(options)
    return {
      get joined() {
        return subscription.joined
      },
      finished: (record) => subscription.finished(record),
      lag: () => subscription.lag(),
      close: async (how) => {
        await subscription.close(how)
        throw new Error('the log is away')
      },
    }
  },
})

describe('What moves turns', function () {
  // Whole turns on real parts, on a machine that may be busy.
  this.timeout(30_000)
  let stage: Stage
  let clients: Clients
  let works: TurnWorks | undefined
  // A stage for each, as every one leaves turns behind that somebody would take up.
  beforeEach(async () => {
    stage = await Stage.set()
    stage.model.script = (answer) => answer.text('Half of ')
    clients = openClients(stage.config, silentLog)
  })
  afterEach(async () => {
    await works?.stop()
    works = undefined
    await clients.close()
    await stage.strike()
  })

  const open = async (bus: MessageLog): Promise<void> => {
    const config = { ...stage.config, drainMs: 100, leaseMs: 60_000 }
    const opened = new TurnWorks({
      config,
      clients: { ...clients, bus },
      metrics: createMetrics(),
      log: silentLog,
    })
    await waitUntil({ until: 'it gets turns from Kafka', deadlineMs: 20_000 }, () => opened.joined)
    works = opened
  }

  it('gives up its leases at its end also when leaving Kafka fails', async () => {
    await open(failingToClose(clients.bus))
    const ref = await stage.send()
    await waitUntil({ until: 'it is being written' }, async () => writtenText(await stage.events(ref)) !== '')
    await works?.stop()
    works = undefined
    const free = await stage.store.app.acrossTenants((tx) =>
      tx.query('select from konstruct.open_turns where turn_id = $1 and lease_until < now()', [ref.turn]),
    )
    assert.equal(free.length, 1)
  })

  it('runs turns of a tenant side by side before it has heard of the limits of all', async () => {
    await open(clients.bus)
    assert.equal(clients.directory.synced, false)
    for (let count = 0; count < 3; count += 1) await stage.send()
    await waitUntil({ until: 'all three run' }, () => stage.model.asked.length === 3)
  })

  it('lets a process with places free have what waits at one that is full', async () => {
    const tenants = Array.from({ length: 8 }, () => freshTenantName())
    for (const tenant of tenants) await stage.publish({ tenant })
    const begun = (): number =>
      tenants.filter((tenant) => stage.model.asked.some((asked) => asked.authorization?.includes(tenant)))
        .length
    await stage.start({ capacity: 1, drainMs: 0 })
    for (const tenant of tenants) await stage.send({ tenant })
    await waitUntil({ until: 'one runs' }, () => begun() === 1)
    await stage.start({ drainMs: 0 })
    await waitUntil({ until: 'all run', deadlineMs: 8_000 }, () => begun() === tenants.length)
  })
})
