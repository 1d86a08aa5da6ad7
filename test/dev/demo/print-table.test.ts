import assert from 'node:assert/strict'
import { printTable } from '../../../dev/demo/print-table.ts'
import type { DemoSource } from '../../../dev/demo/start-platform.ts'
import { Secret } from '../../../services/shared/runtime/read-config.ts'

const tableOf = (source: DemoSource): string => {
  const service = (name: string) => ({
    name,
    adminUrl: 'http://127.0.0.1:1',
    stop: () => Promise.resolve(),
  })
  const nobody = new Secret('')
  const lines: string[] = []
  printTable(
    {
      stores: {
        kept: [],
        rows: [{ name: 'redis', where: '127.0.0.1:6379', origin: 'path' }],
        databases: { owner: nobody, operator: nobody, app: nobody },
        redisUrl: '',
        kafkaBrokers: [],
      },
      platform: {
        operator: service('operator'),
        services: [service('operator')],
        gatewayUrls: ['http://127.0.0.1:8080'],
      },
      source,
      logs: '/demo/logs',
    },
    (text) => lines.push(text),
  )
  return lines.join('')
}

describe('The table of the demo', () => {
  it('names the folder that is followed, and the page to open', () => {
    const table = tableOf({ manifests: '/demo/manifests' })
    assert.match(table, /\/demo\/manifests +edit and save/)
    assert.match(table, /http:\/\/127\.0\.0\.1:8080\/chat\/acme +open this/)
  })

  it('has the resources applied that name the model which runs, where the API server holds none yet', () => {
    const table = tableOf({ manifests: '/demo/manifests', kubeconfig: '/demo/kubeconfig' })
    assert.match(table, /\/demo\/kubeconfig +kubectl apply -f \/demo\/manifests$/m)
  })
})
