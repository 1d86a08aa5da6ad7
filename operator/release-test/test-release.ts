// The test of a release, step by step. Whatever fails, the Tenant that it made is deleted.
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { KubeClient } from '../kube/kube-client.ts'
import type { KubeObject, Resource } from '../kube/resource.ts'
import { askAgent } from './ask-agent.ts'
import { startModel } from './start-model.ts'

interface ReleasePorts {
  readonly client: KubeClient
  readonly report: (line: string) => void
}

interface ReleaseOptions {
  /** `http://…` of the gateway's Service. */
  readonly gateway: string
  readonly namespace: string
  /** Where orchestrators reach the model that the test brings. */
  readonly address: string
}

interface Conditioned extends KubeObject {
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string
      readonly status: string
      readonly message?: string
    }[]
  }
}

const stepMs = 60_000
const lookEveryMs = 250
/** The network policies name it too. */
const modelPort = 8080

/** @throws Error whose sentence tells which step failed, and what was seen last */
export const testRelease = async (ports: ReleasePorts, options: ReleaseOptions): Promise<void> => {
  const { client, report } = ports
  const name = `konstruct-test-${randomBytes(4).toString('hex')}`
  const [tenants, agents] = resourcesIn(options.namespace)
  const word = randomBytes(8).toString('hex')
  const model = await startModel({ port: modelPort, answer: word })
  try {
    await client.create(tenants, tenantOf(name, options))
    await client.create(agents, agentOf(name, options))
    report(`Tenant ${name} is applied.`)
    await awaitReady(client, tenants, name)
    report('It is Ready.')
    const answer = await askAgent({ gateway: options.gateway, tenant: name, agent: name, withinMs: stepMs })
    if (!answer.includes(word)) throw new Error(`The answer is not what the model said: ${answer}`)
    report('A message was answered.')
  } finally {
    model.close()
    await client.delete(agents, { metadata: { name } })
    await client.delete(tenants, { metadata: { name } })
  }
  await until(`Tenant ${name} is still there`, async () => (await client.get(tenants, name)) === undefined)
  report('The Tenant is gone.')
}

const resourcesIn = (namespace: string): readonly [tenants: Resource, agents: Resource] => {
  const shared = { group: 'konstruct.dev', version: 'v1alpha1', namespace }
  return [
    { ...shared, kind: 'Tenant', plural: 'tenants' },
    { ...shared, kind: 'Agent', plural: 'agents' },
  ]
}

const tenantOf = (name: string, { namespace, address }: ReleaseOptions) => ({
  metadata: { name, namespace },
  spec: {
    displayName: 'Test of a release',
    deletionPolicy: 'Delete',
    models: [
      {
        name: 'default',
        openAICompatible: { baseURL: `http://${hostOf(address)}:${modelPort}/v1`, model: 'release-test' },
      },
    ],
    channels: { web: { defaultAgent: name, auth: { anonymous: {} } } },
  },
})

/** In a URL, an IPv6 address stands in brackets. */
const hostOf = (address: string): string => (address.includes(':') ? `[${address}]` : address)

/** Named like its Tenant, so that two tests in one namespace do not meet. */
const agentOf = (name: string, { namespace }: ReleaseOptions) => ({
  metadata: { name, namespace },
  spec: { tenant: name, displayName: 'Tester', instructions: 'Answer.' },
})

const awaitReady = async (client: KubeClient, tenants: Resource, name: string): Promise<void> => {
  let seen = 'it has no status'
  await until(
    () => `Tenant ${name} is not Ready: ${seen}`,
    async () => {
      const tenant = await client.get<Conditioned>(tenants, name)
      const ready = tenant?.status?.conditions?.find(({ type }) => type === 'Ready')
      seen = ready?.message ?? seen
      return ready?.status === 'True'
    },
  )
}

const until = async (otherwise: string | (() => string), holds: () => Promise<boolean>): Promise<void> => {
  const deadline = performance.now() + stepMs
  while (!(await holds())) {
    if (performance.now() > deadline)
      throw new Error(
        `${typeof otherwise === 'string' ? otherwise : otherwise()} (after ${stepMs / 1_000} s).`,
      )
    await sleep(lookEveryMs)
  }
}
