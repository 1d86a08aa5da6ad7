// Answers an upgrade with a plain HTTP response, a problem document like those of the HTTP side.
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { KonstructError } from '../../shared/runtime/errors.ts'
import { problemOf, problemType } from '../http/problem.ts'
import type { GatewayMetrics } from '../metrics.ts'

export const refuseUpgrade = (metrics: GatewayMetrics, wire: Duplex, error: KonstructError): void => {
  const { headers, problem } = problemOf(error)
  const body = JSON.stringify(problem)
  metrics.refusedUpgrades.inc({ status: problem.status })
  const lines = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? 'Error'}`,
    'Connection: close',
    `Content-Type: ${problemType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ]
  wire.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => wire.destroy())
}
