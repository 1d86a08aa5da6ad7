// The tenant that is talked to: its limits are out of the way, so that what is measured is the way and not a refusal.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'

export const benchTenant = 'bench'
export const benchAgent = 'instant'

const resource = (kind: string, name: string, spec: object): string =>
  stringify({ apiVersion: 'konstruct.dev/v1alpha1', kind, metadata: { name, namespace: 'bench' }, spec })

/** Writes the tenant and its agent into the folder that the operator follows. */
export const writeBenchTenant = (folder: string, modelUrl: string): void => {
  const tenant = resource('Tenant', benchTenant, {
    displayName: 'Bench',
    models: [{ name: 'default', openAICompatible: { baseURL: modelUrl, model: 'instant' } }],
    channels: { web: { defaultAgent: benchAgent, auth: { anonymous: {} } } },
    limits: {
      rates: [{ channel: 'web', messagesPerMinute: 60_000, burst: 10_000 }],
      maxConcurrentTurns: 64,
      maxWaitingTurns: 1_000,
    },
  })
  const agent = resource('Agent', benchAgent, {
    tenant: benchTenant,
    displayName: 'Instant',
    model: 'default',
    instructions: 'Answer at once.',
    memory: { maxMessages: 20, ttl: '1h' },
  })
  writeFileSync(join(folder, 'bench.yaml'), `${tenant}---\n${agent}`)
}
