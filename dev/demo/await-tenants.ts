// Waits until the operator says that tenants are Ready, and tells which and why not.
import { setTimeout as sleep } from 'node:timers/promises'
import { KonstructError } from '../../services/shared/runtime/errors.ts'

interface Condition {
  readonly type: string
  readonly status: string
  readonly message: string
}

interface StatusEntry {
  readonly name: string
  readonly conditions: readonly Condition[]
}

const askMs = 5_000

const readStatus = async (operatorUrl: string): Promise<readonly StatusEntry[]> => {
  const response = await fetch(`${operatorUrl}/status`, { signal: AbortSignal.timeout(askMs) })
  return ((await response.json()) as { tenants: readonly StatusEntry[] }).tenants
}

const readyCondition = (entry: StatusEntry | undefined): Condition | undefined =>
  entry?.conditions.find((condition) => condition.type === 'Ready')

const describe = (name: string, condition: Condition | undefined): string =>
  `${name}: ${condition === undefined ? 'not seen yet' : condition.message}`

/** @throws KonstructError `PART_UNAVAILABLE` that tells what the operator says of the tenants that are not Ready. */
export const awaitTenants = async (
  operatorUrl: string,
  names: readonly string[],
  withinMs: number,
): Promise<void> => {
  const deadline = performance.now() + withinMs
  for (;;) {
    const entries = await readStatus(operatorUrl).catch(() => [])
    const unready = names
      .map((name) => [name, readyCondition(entries.find((entry) => entry.name === name))] as const)
      .filter(([, condition]) => condition?.status !== 'True')
    if (unready.length === 0) return
    if (performance.now() > deadline)
      throw new KonstructError('PART_UNAVAILABLE', {
        message: `Not Ready: ${unready.map(([name, condition]) => describe(name, condition)).join('; ')}`,
      })
    await sleep(50)
  }
}
