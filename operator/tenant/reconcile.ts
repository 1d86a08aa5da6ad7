// The story of a tenant, told again whenever it, an agent, a Secret or a part may have changed: what is, what should
// be, the difference, the change, what is true now, and telling it.
import type { Outcome, Reconcile } from '../loop/controller.ts'
import { parseTenantKey } from '../source/desired-source.ts'
import { apply } from './apply.ts'
import { desire } from './desire.ts'
import { finalize } from './finalize.ts'
import { greet } from './greet.ts'
import { judge } from './judge.ts'
import { observe } from './observe.ts'
import { plan } from './plan.ts'
import { planNextLook } from './plan-next-look.ts'
import { release } from './release.ts'
import { report } from './report.ts'
import type { TenantPorts } from './tenant-ports.ts'

const done: Outcome = { kind: 'done' }

/** Up to a tenth later, so that what began together does not stay together. */
const again = (ms: number): Outcome => ({ kind: 'again', ms: ms * (1 + Math.random() / 10) })

export const createReconcile =
  (ports: TenantPorts): Reconcile =>
  async (key, signal) => {
    // An agent that was not read yet would be taken for deleted. The source tells the key when it knows.
    if (!ports.source.knows(parseTenantKey(key).namespace)) return done
    await greet(ports, key, signal)
    const observed = await observe(ports, key, signal)
    const { tenant } = observed
    const desired = desire(observed)
    const leaves = tenant === undefined || tenant.object.deletedAt !== undefined
    const actions = leaves ? [] : plan(observed, desired, ports.keyring)
    const failures = tenant ? await apply(ports, { tenant: tenant.object, actions }, signal) : new Map()
    const facts = { observed, desired, failures }
    const verdict = judge(facts)
    if (!leaves) {
      await report(ports, verdict, signal)
      return again(planNextLook(facts, verdict))
    }
    await report(ports, { ...verdict, tenant: undefined }, signal)
    if (tenant !== undefined) return finalize(ports, observed, signal)
    const outcome = await release(ports, observed, signal)
    // Whoever comes with this name tells the key. Agents without their Tenant, and what could not be read, are looked at again.
    const isOver = observed.agents.length === 0 && observed.published.ok
    return isOver || outcome.kind === 'again' ? outcome : again(planNextLook(facts, verdict))
  }
