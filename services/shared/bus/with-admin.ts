// Work with kafkajs' admin client: each piece of work connects anew, so that it shows whether Kafka is there now, and
// leaves nothing open.
import type { Admin, Kafka } from 'kafkajs'
import { KonstructError } from '../runtime/errors.ts'
import { busUnavailable } from './kafka-client.ts'

/** @throws KonstructError `BUS_UNAVAILABLE`, after `timeoutMs` at the latest */
export const withAdmin = async <Value>(
  kafka: Kafka,
  timeoutMs: number,
  work: (admin: Admin) => Promise<Value>,
): Promise<Value> => {
  const admin = kafka.admin()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new KonstructError('BUS_UNAVAILABLE')), timeoutMs)
  })
  try {
    return await Promise.race([admin.connect().then(() => work(admin)), late])
  } catch (thrown) {
    throw busUnavailable(thrown)
  } finally {
    clearTimeout(timer)
    void admin.disconnect().catch(() => {})
  }
}
