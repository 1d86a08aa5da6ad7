import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { calmRequestQueue } from '../../../../services/shared/bus/calm-request-queue.ts'

interface Queue {
  throttledUntil: number
  throttleCheckTimeoutId: unknown
  readonly pending: unknown[]
  push(request: object): void
  checkPendingRequests(): void
  destroy(): void
}

const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as new (
  options: object,
) => Queue

describe('the request queue of the Kafka client', () => {
  let queue: Queue
  let sent: number

  beforeEach(() => {
    calmRequestQueue()
    sent = 0
    queue = new RequestQueue({ requestTimeout: 1_000, logger: { debug: () => {} } })
  })

  afterEach(() => queue.destroy())

  const push = (correlationId: number): void =>
    queue.push({
      entry: { correlationId, resolve: () => {}, reject: () => {} },
      expectResponse: true,
      sendRequest: () => {
        sent += 1
      },
    })

  it('arms no timer while nothing waits', () => {
    push(1)
    queue.checkPendingRequests()
    assert.equal(sent, 1)
    assert.equal(queue.throttleCheckTimeoutId, null)
  })

  it('sends what waits for a throttled broker when the throttling is over', async () => {
    queue.throttledUntil = Date.now() + 50
    push(1)
    assert.equal(sent, 0)
    await new Promise((resolve) => {
      setTimeout(resolve, 150)
    })
    assert.equal(sent, 1)
    assert.equal(queue.throttleCheckTimeoutId, null)
  })
})
