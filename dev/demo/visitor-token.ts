// A visitor's token of a tenant that may be Ready for a moment only: a gateway follows within two seconds.
import { setTimeout as sleep } from 'node:timers/promises'

interface Place {
  /** `http://host:port` */
  readonly gateway: string
  readonly tenant: string
}

const followedWithinMs = 5_000

/** @throws Error that tells what the gateway says */
export const visitorToken = async ({ gateway, tenant }: Place): Promise<string> => {
  const deadline = performance.now() + followedWithinMs
  for (;;) {
    const response = await fetch(`${gateway}/v1/tenants/${tenant}/visitors`, { method: 'POST' })
    const text = await response.text()
    if (response.ok) return (JSON.parse(text) as { token: string }).token
    if (response.status !== 404 || performance.now() > deadline)
      throw new Error(`The gateway gave no visitor token: ${response.status} ${text}`)
    await sleep(50)
  }
}
