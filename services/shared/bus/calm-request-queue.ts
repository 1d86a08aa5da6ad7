// kafkajs 2.2.4 arms a timer on every connection once the first answer has come, to look for requests that wait for a
// throttled broker, and arms it again for ever with a negative delay, which Node makes 1 ms: a thousand wake-ups a
// second and connection, on an idle process. Requests that wait are looked for on every answer anyway, so the timer is
// needed only while some wait. No option turns it off; this puts one method of kafkajs' queue right.
import { createRequire } from 'node:module'

/** kafkajs' own interval for looking again, in milliseconds. */
const lookAgainMs = 10

interface RequestQueue {
  readonly pending: readonly unknown[]
  readonly throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  checkPendingRequests(): void
  scheduleCheckPendingRequests(): void
}

function scheduleWhilePending(this: RequestQueue): void {
  if (this.pending.length === 0 || this.throttleCheckTimeoutId !== null) return
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null
      this.checkPendingRequests()
    },
    Math.max(this.throttledUntil - Date.now(), lookAgainMs),
  )
}

/** Calms the queues of all kafkajs connections of this process; calling it again changes nothing. */
export const calmRequestQueue = (): void => {
  const queue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as {
    prototype: RequestQueue
  }
  queue.prototype.scheduleCheckPendingRequests = scheduleWhilePending
}
