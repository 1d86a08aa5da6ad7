// What a Tenant must not say about itself and its limits.
import type { BadManifest } from './bad-manifest.ts'
import { aTenant, type Fields } from './manifests.ts'

const limits = (fields: Fields) => aTenant({ limits: fields })

export const badTenants: readonly BadManifest[] = [
  {
    title: 'a name that is no DNS label',
    manifest: aTenant({}, 'tidy.eu'),
    path: '',
    says: 'as in acme-eu',
  },
  {
    title: 'a name of 41 characters',
    manifest: aTenant({}, 'a'.repeat(41)),
    path: '',
    says: 'at most 40 lower-case letters',
  },
  {
    title: 'no spec',
    manifest: { apiVersion: 'konstruct.dev/v1alpha1', kind: 'Tenant', metadata: { name: 'tidy' } },
    path: 'spec',
    says: 'write a spec with at least displayName and models',
  },
  {
    title: 'no displayName',
    manifest: aTenant({ displayName: undefined }),
    path: 'spec.displayName',
    says: 'write the name that people see',
  },
  {
    title: 'a blank displayName',
    manifest: aTenant({ displayName: ' ' }),
    path: 'spec.displayName',
    says: 'write the name that people see',
  },
  {
    title: 'a displayName of 81 characters',
    manifest: aTenant({ displayName: 'é'.repeat(81) }),
    path: 'spec.displayName',
    says: 'Too long: may not be more than 80 bytes',
  },
  {
    title: 'a deletionPolicy that there is not',
    manifest: aTenant({ deletionPolicy: 'Keep' }),
    path: 'spec.deletionPolicy',
    says: 'Unsupported value: "Keep": supported values: "Retain", "Delete"',
  },
  {
    title: 'suspended as a text',
    manifest: aTenant({ suspended: 'yes' }),
    path: 'spec.suspended',
    says: 'must be of type boolean: "string"',
  },
  {
    title: 'a field that there is not',
    manifest: aTenant({ modells: [] }),
    path: 'spec.modells',
    says: 'unknown field "spec.modells"',
  },
  {
    title: 'a rate for a channel that there is not',
    manifest: limits({ rates: [{ channel: 'telegram' }] }),
    path: 'spec.limits.rates[0].channel',
    says: 'supported values: "web", "slack", "whatsapp"',
  },
  {
    title: 'a rate for no channel',
    manifest: limits({ rates: [{ burst: 5 }] }),
    path: 'spec.limits.rates[0].channel',
    says: 'say which channel the rate is for',
  },
  {
    title: 'two rates for one channel',
    manifest: limits({ rates: [{ channel: 'web' }, { channel: 'web', burst: 5 }] }),
    path: 'spec.limits.rates',
    says: 'write one rate per channel',
  },
  {
    title: 'a rate of nothing',
    manifest: limits({ rates: [{ channel: 'web', messagesPerMinute: 0 }] }),
    path: 'spec.limits.rates[0].messagesPerMinute',
    says: 'write a number of messages a minute from 1 to 60000',
  },
  {
    title: 'no turn at a time',
    manifest: limits({ maxConcurrentTurns: 0 }),
    path: 'spec.limits.maxConcurrentTurns',
    says: 'to stop the tenant, set suspended: true',
  },
  {
    title: 'a negative queue',
    manifest: limits({ maxWaitingTurns: -1 }),
    path: 'spec.limits.maxWaitingTurns',
    says: 'write a number of turns from 1 to 10000',
  },
  {
    title: 'messages that no frame can hold',
    manifest: limits({ maxMessageBytes: 65_536 }),
    path: 'spec.limits.maxMessageBytes',
    says: 'write a number of bytes from 1 to 61440',
  },
  {
    title: 'a budget of no number',
    manifest: limits({ budget: { period: 'Day' } }),
    path: 'spec.limits.budget.tokens',
    says: 'write how many tokens the tenant may use in a period',
  },
  {
    title: 'a budget of nothing',
    manifest: limits({ budget: { tokens: 0 } }),
    path: 'spec.limits.budget.tokens',
    says: 'write a number of tokens from 1 to 1000000000000; to stop the tenant, set suspended: true',
  },
  {
    title: 'a budget that a number here cannot hold',
    manifest: limits({ budget: { tokens: 10_000_000_000_000 } }),
    path: 'spec.limits.budget.tokens',
    says: 'write a number of tokens from 1 to 1000000000000',
  },
  {
    title: 'half a token',
    manifest: limits({ budget: { tokens: 1.5 } }),
    path: 'spec.limits.budget.tokens',
    says: 'must be of type integer: "number"',
  },
  {
    title: 'a budget for a period that there is not',
    manifest: limits({ budget: { tokens: 1, period: 'Week' } }),
    path: 'spec.limits.budget.period',
    says: 'Unsupported value: "Week": supported values: "Day", "Month"',
  },
]
