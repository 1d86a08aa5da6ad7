// The operator with the rights of a service account, as in a cluster: these are all it needs.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Operator, startOperator } from '../../operator/operator.ts'
import { silentLog } from '../../services/shared/runtime/log.ts'
import { applyCrds } from '../crds/apply-crds.ts'
import { leastValues, manifestsIn, renderChart } from '../charts/render-chart.ts'
import { aModel, aTenant, manifestsOf } from '../operator/manifests.ts'
import { operatorConfig } from '../operator/standalone.ts'
import { resourceSchemas } from '../operator/resource-schemas.ts'
import { freshRedis } from '../support/fresh-redis.ts'
import { type FreshStore, freshStore } from '../support/fresh-store.ts'
import { freshNamespace, kubectl, serviceAccountKubeconfig } from '../support/kube.ts'
import { kubeApiserver } from '../support/parts.ts'
import { waitUntil } from '../support/wait-until.ts'

/** Each with the reason why. */
const rights: readonly (readonly [resources: string, verbs: string, because: string])[] = [
  ['tenants.konstruct.dev,agents.konstruct.dev', 'list,watch', 'they are what is asked for'],
  ['tenants.konstruct.dev', 'patch', 'the finalizer'],
  ['tenants.konstruct.dev/status,agents.konstruct.dev/status', 'patch', 'what was found and done'],
  ['secrets', 'get', 'what Tenants refer to; never listed'],
  ['events.events.k8s.io', 'create,patch', 'to tell people, and to count what is told again'],
  ['leases.coordination.k8s.io', 'get,create,update', 'who leads'],
]

/** As in `tenants.konstruct.dev/status patch`. */
const ownRights = (): readonly string[] =>
  rights.flatMap(([resources, verbs]) =>
    resources.split(',').flatMap((resource) => verbs.split(',').map((verb) => `${resource} ${verb}`)),
  )

const rightsInChart = async (): Promise<readonly string[]> =>
  manifestsIn(await renderChart(leastValues))
    .filter(({ metadata }) => /^konstruct-operator(-lease)?$/.test(metadata.name))
    .flatMap(({ rules = [] }) => rules)
    .flatMap(({ apiGroups: [group = ''], resources, verbs }) =>
      resources.flatMap((resource) => {
        const [kind = '', part] = resource.split('/')
        const name = `${kind}${group === '' ? '' : `.${group}`}${part === undefined ? '' : `/${part}`}`
        return verbs.map((verb) => `${name} ${verb}`)
      }),
    )

describe('An operator with the rights of a service account', function () {
  this.timeout(30_000)
  let namespace: string
  let store: FreshStore
  let operator: Operator
  let folder: string

  before(async function () {
    this.timeout(600_000)
    const kube = await kubeApiserver()
    await applyCrds()
    namespace = await freshNamespace()
    const kubeconfig = await serviceAccountKubeconfig(kube, { namespace, name: 'operator' })
    for (const [index, [resources, verbs]] of rights.entries()) {
      const role = `operator-${index}`
      await kubectl('-n', namespace, 'create', 'role', role, `--verb=${verbs}`, `--resource=${resources}`)
      const account = `--serviceaccount=${namespace}:operator`
      await kubectl('-n', namespace, 'create', 'rolebinding', role, `--role=${role}`, account)
    }
    store = await freshStore()
    folder = mkdtempSync(join(tmpdir(), 'konstruct-rights-'))
    const { url: redisUrl } = await freshRedis()
    const more = { KUBECONFIG: kubeconfig, KONSTRUCT_NAMESPACES: namespace }
    const config = operatorConfig({ store, redisUrl, more })
    operator = await startOperator(config, {
      log: silentLog,
      schemas: resourceSchemas,
      onLeadershipLost: () => {},
    })
  })
  after(async () => {
    await operator.stop()
    await store.close()
    rmSync(folder, { recursive: true })
  })

  const get = (path: string) => kubectl('-n', namespace, 'get', 'tenant', namespace, '-o', `jsonpath=${path}`)

  it('has those that the chart gives, and no other', async () => {
    assert.deepEqual((await rightsInChart()).toSorted(), ownRights().toSorted())
  })

  it('makes a tenant Ready with its Secret, tells so, and lets it go', async () => {
    await kubectl('-n', namespace, 'create', 'secret', 'generic', 'model', '--from-literal=apiKey=hidden')
    const models = [aModel('default', { apiKeySecretRef: { name: 'model', key: 'apiKey' } })]
    writeFileSync(
      join(folder, 'tenant.yaml'),
      manifestsOf(aTenant(namespace, { namespace, spec: { models, channels: {} } })),
    )
    await kubectl('apply', '-f', folder)
    await kubectl('-n', namespace, 'wait', '--for=condition=Ready', `tenant/${namespace}`, '--timeout=10s')
    assert.equal(await get('{.status.conditions[?(@.type=="SecretsResolved")].reason}'), 'Resolved')
    assert.equal(await get('{.metadata.finalizers[0]}'), 'konstruct.dev/tenant')
    const events = () =>
      kubectl('-n', namespace, 'get', 'events.events.k8s.io', '-o', 'jsonpath={.items[*].reason}')
    await waitUntil({ until: 'an event tells' }, async () => (await events()).includes('Ready'))
    await kubectl('-n', namespace, 'delete', 'tenant', namespace, '--timeout=10s')
  })
})
