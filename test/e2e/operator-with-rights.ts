// An operator in a namespace of its own, as a service account whose rights a test chooses: on a real API server, with a
// Tenant, its Agent and the Secret of its model.
import { type Operator, startOperator } from '../../operator/operator.ts'
import type { KubeClient } from '../../operator/kube/kube-client.ts'
import type { KubeObject, Resource } from '../../operator/kube/resource.ts'
import { resourceOf } from '../../operator/source/kube-object.ts'
import type { ResourceKind } from '../../operator/validation/resource.ts'
import type { Condition } from '../../services/shared/domain/resources/tenant.ts'
import { silentLog } from '../../services/shared/runtime/log.ts'
import { leastValues, type Manifest, manifestsIn, renderChart } from '../charts/render-chart.ts'
import { aModel, anAgent, aSecret, aTenant } from '../operator/manifests.ts'
import { openClient } from '../operator/kube/a-kube.ts'
import { resourceSchemas } from '../operator/resource-schemas.ts'
import { operatorConfig } from '../operator/standalone.ts'
import { freshRedis } from '../support/fresh-redis.ts'
import { type FreshStore, freshStore } from '../support/fresh-store.ts'
import { freshNamespace, serviceAccountKubeconfig } from '../support/kube.ts'
import { kubeApiserver } from '../support/parts.ts'
import { waitUntil } from '../support/wait-until.ts'

/** One verb on one resource. */
export interface Right {
  /** As in `tenants.konstruct.dev/status patch`. */
  readonly name: string
  readonly rule: NonNullable<Manifest['rules']>[number]
}

/** Every right that the chart gives to the operator. */
export const rightsInChart = async (): Promise<readonly Right[]> =>
  manifestsIn(await renderChart(leastValues))
    .filter(({ metadata }) => /^konstruct-operator(-lease)?$/.test(metadata.name))
    .flatMap(({ rules = [] }) => rules)
    .flatMap((rule) =>
      rule.resources.flatMap((resource) => {
        const [kind = '', part] = resource.split('/')
        const group = rule.apiGroups[0] === '' ? '' : `.${rule.apiGroups[0]}`
        const name = `${kind}${group}${part === undefined ? '' : `/${part}`}`
        return rule.verbs.map((verb) => ({
          name: `${name} ${verb}`,
          rule: { ...rule, resources: [resource], verbs: [verb] },
        }))
      }),
    )

interface Told extends KubeObject {
  readonly status?: { readonly observedGeneration?: number; readonly conditions?: readonly Condition[] }
}

interface Lease extends KubeObject {
  readonly spec: { readonly acquireTime: string; readonly renewTime: string }
}

interface Event extends KubeObject {
  readonly reason: string
  readonly series?: { readonly count: number }
}

const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1' }
const refusedRequests = /^rest_client_requests_total\{(?=[^}]*code="403")[^}]*method="(\w+)"[^}]*\} (\d+)$/gm

/** Asks and changes the world as an admin. */
export class OperatorWithRights {
  readonly namespace: string
  readonly #operator: Operator
  readonly #client: KubeClient

  constructor(namespace: string, { operator, client }: { operator: Operator; client: KubeClient }) {
    this.namespace = namespace
    this.#operator = operator
    this.#client = client
  }

  tenant(): Promise<Told | undefined> {
    return this.#client.get<Told>(resourceOf('Tenant', this.namespace), this.namespace)
  }

  agent(): Promise<Told | undefined> {
    return this.#client.get<Told>(resourceOf('Agent', this.namespace), 'support')
  }

  async condition(type: string): Promise<Condition | undefined> {
    return (await this.tenant())?.status?.conditions?.find((condition) => condition.type === type)
  }

  async untilReady(status: 'True' | 'False'): Promise<void> {
    await waitUntil({ until: `Ready is ${status}`, deadlineMs: 30_000, everyMs: 100 }, async () => {
      const ready = await this.condition('Ready')
      return ready?.status === status
    })
  }

  lease(): Promise<Lease | undefined> {
    const lease = { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', plural: 'leases' }
    return this.#client.get<Lease>({ ...lease, namespace: this.namespace }, 'konstruct-operator')
  }

  async events(): Promise<readonly Event[]> {
    const event = { group: 'events.k8s.io', version: 'v1', kind: 'Event', plural: 'events' }
    return (await this.#client.list<Event>({ ...event, namespace: this.namespace })).items
  }

  /** Changes the spec. */
  async edit(kind: ResourceKind, displayName: string): Promise<void> {
    const name = kind === 'Tenant' ? this.namespace : 'support'
    const patch = { metadata: { name }, spec: { displayName } }
    await this.#client.patch(resourceOf(kind, this.namespace), patch)
  }

  /** Takes the default agent away, and brings it back: the Tenant is not Ready, and is again. */
  async replaceAgent(): Promise<void> {
    const { namespace } = this
    const agents = resourceOf('Agent', namespace)
    await this.#client.delete(agents, { metadata: { name: 'support' } })
    await this.untilReady('False')
    await this.#client.create(agents, anAgent('support', namespace, { namespace }))
    await this.untilReady('True')
  }

  async deleteTenant(): Promise<void> {
    await this.#client.delete(resourceOf('Tenant', this.namespace), { metadata: { name: this.namespace } })
  }

  /** What `GET` of its admin port answers. */
  ask(path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.#operator.adminPort}${path}`)
  }

  /** How often the operator was told that it may not, by the method of HTTP. */
  async refusals(): Promise<Readonly<Record<string, number>>> {
    const response = await this.ask('/metrics')
    const counts = [...(await response.text()).matchAll(refusedRequests)]
    return Object.fromEntries(counts.map(([, method = '', count]) => [method, Number(count)]))
  }

  /** The only rights of the operator from now on. */
  async give(rights: readonly Right[]): Promise<void> {
    await giveRights(this.#client, this.namespace, rights)
    await untilAllowed(this.#client, this.namespace, rights)
  }
}

const giveRights = async (client: KubeClient, namespace: string, rights: readonly Right[]): Promise<void> => {
  const roles: Resource = { ...rbac, kind: 'Role', plural: 'roles', namespace }
  await client.apply(roles, { metadata: { name: 'operator' }, rules: rights.map(({ rule }) => rule) })
}

interface AccessReview extends KubeObject {
  readonly status: { readonly allowed: boolean }
}

/** The API server learns of a Role a little later than it takes it. */
const untilAllowed = async (
  client: KubeClient,
  namespace: string,
  rights: readonly Right[],
): Promise<void> => {
  const review = { group: 'authorization.k8s.io', version: 'v1', kind: 'SubjectAccessReview' }
  const isAllowed = async ({ rule }: Right): Promise<boolean> => {
    const [group] = rule.apiGroups
    const [resource, subresource] = rule.resources[0]?.split('/') ?? []
    const [verb] = rule.verbs
    const [name] = rule.resourceNames ?? []
    const { status } = await client.create<AccessReview>(
      { ...review, plural: 'subjectaccessreviews' },
      {
        metadata: { name: '' },
        spec: {
          user: `system:serviceaccount:${namespace}:operator`,
          resourceAttributes: { namespace, verb, group, resource, subresource, name },
        },
      },
    )
    return status.allowed
  }
  for (const right of rights)
    await waitUntil({ until: `${right.name} is allowed`, deadlineMs: 30_000 }, () => isAllowed(right))
}

interface Circumstances {
  /** Namespaces that the operator is to follow beside its own, and has no right in. */
  readonly forbidden?: readonly string[]
  /** Done with the operator's own namespace before it starts. */
  readonly before?: (namespace: string) => Promise<void>
}

/** The operators of one test file: they share stores, and nothing else. */
export class OperatorsWithRights {
  readonly #store: FreshStore
  readonly #redisUrl: string
  readonly #server: ReturnType<typeof openClient>
  readonly #operators: Operator[] = []

  private constructor(store: FreshStore, redisUrl: string, server: ReturnType<typeof openClient>) {
    this.#store = store
    this.#redisUrl = redisUrl
    this.#server = server
  }

  static async open(): Promise<OperatorsWithRights> {
    const { kubeconfig } = await kubeApiserver()
    const { url } = await freshRedis()
    return new OperatorsWithRights(await freshStore(), url, openClient(kubeconfig))
  }

  get store(): FreshStore {
    return this.#store
  }

  async start(
    rights: readonly Right[],
    { forbidden = [], before = async () => {} }: Circumstances = {},
  ): Promise<OperatorWithRights> {
    const { client } = this.#server
    const namespace = await freshNamespace()
    await before(namespace)
    const kubeconfig = await serviceAccountKubeconfig(await kubeApiserver(), { namespace, name: 'operator' })
    await giveRights(client, namespace, rights)
    await this.#prepare(namespace)
    await untilAllowed(client, namespace, rights)
    const more = {
      KUBECONFIG: kubeconfig,
      KONSTRUCT_NAMESPACES: [namespace, ...forbidden].join(','),
      KONSTRUCT_DATABASE_POOL: '2',
    }
    const config = operatorConfig({ store: this.#store, redisUrl: this.#redisUrl, more })
    const ports = { log: silentLog, schemas: resourceSchemas, onLeadershipLost: () => {} }
    const operator = await startOperator(config, ports)
    this.#operators.push(operator)
    return new OperatorWithRights(namespace, { operator, client })
  }

  async close(): Promise<void> {
    await Promise.all(this.#operators.map((operator) => operator.stop()))
    await this.#server.connection.close()
    await this.#store.close()
  }

  /** Everything but the rights themselves. */
  async #prepare(namespace: string): Promise<void> {
    const { client } = this.#server
    const bindings: Resource = { ...rbac, kind: 'RoleBinding', plural: 'rolebindings', namespace }
    const secrets: Resource = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespace }
    await client.create(bindings, {
      metadata: { name: 'operator' },
      roleRef: { apiGroup: rbac.group, kind: 'Role', name: 'operator' },
      subjects: [{ kind: 'ServiceAccount', name: 'operator', namespace }],
    })
    await client.create(secrets, aSecret('model', { apiKey: 'hidden' }, namespace))
    await client.create(resourceOf('Agent', namespace), anAgent('support', namespace, { namespace }))
    const models = [aModel('default', { apiKeySecretRef: { name: 'model', key: 'apiKey' } })]
    const tenant = aTenant(namespace, { namespace, spec: { models } })
    await client.create(resourceOf('Tenant', namespace), tenant)
  }
}
