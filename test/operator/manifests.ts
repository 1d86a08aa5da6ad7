// Tenants and Agents as a user would write them, as short as the rules allow.
import { stringify } from 'yaml'

interface TenantWish {
  readonly namespace?: string
  readonly spec?: Readonly<Record<string, unknown>>
}

const apiVersion = 'konstruct.dev/v1alpha1'

export const aModel = (name = 'default', more: object = {}) => ({
  name,
  openAICompatible: { baseURL: 'http://127.0.0.1:4010/v1', model: 'demo', ...more },
})

/** Open to visitors on the web, who meet the agent `support`. */
const webForVisitors = { web: { defaultAgent: 'support', auth: { anonymous: {} } } }

/** For users with tokens, whose shared secret is the key `secret` of the Secret `auth`. */
export const webForUsers = {
  web: {
    defaultAgent: 'support',
    auth: {
      jwt: {
        issuer: 'https://id.example',
        audience: 'konstruct',
        secretRef: { name: 'auth', key: 'secret' },
      },
    },
  },
}

export const aTenant = (name: string, { namespace = 'default', spec = {} }: TenantWish = {}) => ({
  apiVersion,
  kind: 'Tenant',
  metadata: { name, namespace },
  spec: { displayName: name, models: [aModel()], channels: webForVisitors, ...spec },
})

export const anAgent = (
  name: string,
  tenant: string,
  { namespace = 'default', spec = {} }: TenantWish = {},
) => ({
  apiVersion,
  kind: 'Agent',
  metadata: { name, namespace },
  spec: { tenant, displayName: name, instructions: `You are ${name}.`, ...spec },
})

export const aSecret = (
  name: string,
  stringData: Readonly<Record<string, string>>,
  namespace = 'default',
) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace },
  stringData,
})

export const aNamespace = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })

/** One file of several documents. */
export const manifestsOf = (...resources: readonly object[]): string =>
  resources.map((resource) => stringify(resource)).join('---\n')
