import assert from 'node:assert/strict'
import { logLevel } from 'kafkajs'
import { createClientLog } from '../../../../services/shared/bus/client-log.ts'
import type { Facts, Log } from '../../../../services/shared/runtime/log.ts'
import { silentLog } from '../../../../services/shared/runtime/log.ts'

const setUp = () => {
  const lines: (Facts | undefined)[] = []
  const log: Log = { ...silentLog, warn: (_, facts) => void lines.push(facts) }
  const write = createClientLog(log)(logLevel.INFO)
  const say = (level: logLevel, message: string, extra: object = {}): void =>
    write({ namespace: 'Connection', level, label: '', log: { timestamp: '', message, ...extra } })
  return { lines, say }
}

describe('the log of the Kafka client', () => {
  it('brings warnings and errors to our log, and nothing below', () => {
    const { lines, say } = setUp()
    say(logLevel.INFO, 'Consumer has joined the group')
    say(logLevel.DEBUG, 'Request')
    say(logLevel.ERROR, 'Response Produce', { error: 'not the leader', payload: 'secret' })
    assert.deepEqual(lines, [{ reason: 'Connection: Response Produce: not the leader' }])
  })

  it('says once what a broker that is away makes it say a thousand times', () => {
    const { lines, say } = setUp()
    for (let index = 0; index < 1000; index += 1) say(logLevel.ERROR, 'connect ECONNREFUSED')
    assert.equal(lines.length, 1)
  })

  it('says nothing of ordinary rebalances', () => {
    const { lines, say } = setUp()
    say(logLevel.WARN, 'The group is rebalancing, re-joining')
    say(logLevel.ERROR, 'Response Heartbeat(key: 12, version: 3)', { error: 'a rejoin is needed' })
    assert.deepEqual(lines, [])
  })
})
