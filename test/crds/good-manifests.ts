// Manifests that must be accepted: the samples, the smallest ones, and those at the edge of a rule.
import { readFileSync } from 'node:fs'
import { parseAllDocuments } from 'yaml'
import { type Manifest, aModel, aTenant, aTenantOnTheWeb, aTenantWithJwt, anAgent } from './manifests.ts'

interface GoodManifest {
  readonly title: string
  readonly manifest: Manifest
}

const readSamples = (name: string): readonly GoodManifest[] =>
  parseAllDocuments(readFileSync(new URL(`../../crds/samples/${name}.yaml`, import.meta.url), 'utf8'))
    .map((document) => document.toJS() as Manifest)
    .filter(({ kind }) => kind === 'Tenant' || kind === 'Agent')
    .map((manifest) => ({ title: `the sample ${manifest.kind} ${name}/${manifest.metadata.name}`, manifest }))

export const goodManifests: readonly GoodManifest[] = [
  ...readSamples('acme'),
  ...readSamples('globex'),
  { title: 'the smallest tenant', manifest: aTenant() },
  { title: 'a name of 40 characters', manifest: aTenant({}, 'a'.repeat(40)) },
  { title: 'the smallest tenant on the web', manifest: aTenantOnTheWeb() },
  { title: 'the smallest tenant with users', manifest: aTenantWithJwt() },
  {
    title: 'keys on this machine over http',
    manifest: aTenantWithJwt({ jwksURL: 'http://127.0.0.1:8443/jwks?v=1' }),
  },
  {
    title: 'a model at an IPv6 address',
    manifest: aTenant({ models: [aModel({ openAICompatible: { baseURL: 'http://[::1]:80', model: 'm' } })] }),
  },
  {
    title: 'origins with a port, an address and a scheme of two kinds',
    manifest: aTenantOnTheWeb({
      allowedOrigins: [
        'http://localhost:3000',
        'https://127.0.0.1:8443',
        'http://[::1]:8080',
        'https://x:80',
      ],
    }),
  },
  {
    title: 'fields with nothing after the colon',
    manifest: aTenant({ channels: null, limits: null, suspended: null }),
  },
  { title: 'half of the limits', manifest: aTenant({ limits: { rates: [{ channel: 'slack' }] } }) },
  { title: 'the largest budget', manifest: aTenant({ limits: { budget: { tokens: 1_000_000_000_000 } } }) },
  { title: 'a display name of 80 wide characters', manifest: aTenant({ displayName: '😀'.repeat(80) }) },
  {
    title: 'a tenant with a status that somebody wrote',
    manifest: { ...aTenant(), status: { agents: 9 } } as Manifest,
  },
  { title: 'the smallest agent', manifest: anAgent() },
  { title: 'a memory of a minute', manifest: anAgent({ memory: { ttl: '0h0m60s' } }) },
]
