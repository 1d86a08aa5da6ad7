// Holds a real API server, with our CRDs in it, against the same tables as the standalone judge: the same sentences,
// the same places, the same defaults.
import assert from 'node:assert/strict'
import { connectKube, type KubeConnection } from '../../operator/kube/connection.ts'
import type { AgentResource } from '../../operator/validation/resource.ts'
import { validateResource } from '../../operator/validation/validate-resource.ts'
import { freshNamespace, kubectl } from '../support/kube.ts'
import { kubeApiserver } from '../support/parts.ts'
import { applyCrds } from './apply-crds.ts'
import { badManifests } from './bad-manifests.ts'
import { goodManifests } from './good-manifests.ts'
import { aTenantOnTheWeb, anAgent, type Manifest } from './manifests.ts'
import { resourceSchemas } from './own-schemas.ts'

interface Answer {
  readonly message?: string
  readonly details?: { readonly causes?: readonly { readonly field: string; readonly message: string }[] }
  readonly metadata: { readonly resourceVersion: string }
  readonly spec?: unknown
}

interface Told {
  readonly path: string
  readonly message: string
}

const rehearse = '?dryRun=All&fieldValidation=Strict'
const unchecked = 'some validation rules were not checked because the object was invalid'

/** What the API server told, without its words around our sentences and without its note on what it left unchecked. */
const toldBy = (answer: Answer): readonly Told[] => {
  const strict = /strict decoding error: (unknown field "(.+)")$/.exec(answer.message ?? '')
  if (strict) return [{ path: strict[2] ?? '', message: strict[1] ?? '' }]
  return (answer.details?.causes ?? [])
    .filter(({ message }) => !message.includes(unchecked))
    .map(({ field, message }) => ({ path: field === '<nil>' ? '' : field, message }))
}

/** The API server puts `Invalid value: …: ` or `Required value: ` before a sentence. */
const assertSame = (theirs: readonly Told[], ours: readonly Told[]): void => {
  assert.deepEqual(
    theirs.map(({ path }) => path),
    ours.map(({ path }) => path),
  )
  for (const [index, { message }] of theirs.entries())
    assert.equal(message.slice(-(ours[index]?.message.length ?? 0)), ours[index]?.message)
}

describe('the CRDs in a real API server', () => {
  let connection: KubeConnection
  let namespace: string

  const collectionOf = ({ kind }: Manifest): string =>
    `/apis/konstruct.dev/v1alpha1/namespaces/${namespace}/${kind.toLowerCase()}s`

  const ask = async (method: 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<Answer> => {
    const response = await connection.send({
      method,
      path,
      headers: { 'content-type': 'application/json' },
      silenceMs: 10_000,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return (await response.body.json()) as Answer
  }

  const rehearseChange = async (old: Manifest, manifest: Manifest): Promise<Answer> => {
    const path = `${collectionOf(old)}/${old.metadata.name}`
    const { metadata } = await ask('POST', collectionOf(old), old)
    try {
      const { resourceVersion } = metadata
      return await ask('PUT', `${path}${rehearse}`, {
        ...manifest,
        metadata: { ...manifest.metadata, resourceVersion },
      })
    } finally {
      await ask('DELETE', path)
    }
  }

  before(async () => {
    const cluster = await kubeApiserver()
    connection = connectKube(cluster.kubeconfig)
    namespace = await freshNamespace()
    await applyCrds()
  })

  after(() => connection.close())

  for (const { title, manifest, old, says } of badManifests)
    it(`refuse ${manifest.kind} with ${title}, as without Kubernetes`, async () => {
      const answer = old
        ? await rehearseChange(old, manifest)
        : await ask('POST', `${collectionOf(manifest)}${rehearse}`, manifest)
      const own = validateResource(resourceSchemas, manifest.kind, manifest, old as AgentResource)

      assert(!own.ok)
      assertSame(toldBy(answer), own.problems)
      assert(answer.message?.includes(says), answer.message)
    })

  for (const { title, manifest } of goodManifests)
    it(`accept ${title}, keep all of it, and fill in the same defaults`, async () => {
      const placed = { ...manifest, metadata: { ...manifest.metadata, namespace } }
      const answer = await ask('POST', `${collectionOf(manifest)}${rehearse}`, placed)
      const own = validateResource(resourceSchemas, manifest.kind, manifest)

      assert(own.ok)
      assert.deepEqual(answer.spec, own.resource.spec, answer.message)
    })

  it('are established, with schemas that are structural', async () => {
    const list = JSON.parse(await kubectl('get', 'crd', '-o', 'json')) as {
      items: { metadata: { name: string }; status: { conditions: { type: string; status: string }[] } }[]
    }
    const ours = list.items.filter(({ metadata }) => metadata.name.endsWith('.konstruct.dev'))

    assert.deepEqual(
      ours.map(({ metadata }) => metadata.name),
      ['agents.konstruct.dev', 'tenants.konstruct.dev'],
    )
    for (const { status } of ours)
      assert.deepEqual(
        new Map(status.conditions.map((condition) => [condition.type, condition.status])),
        new Map([
          ['NamesAccepted', 'True'],
          ['Established', 'True'],
        ]),
      )
  })

  it('tell Ready, Agents, Channels and Age to kubectl get, and the message to -o wide', async () => {
    const tenant = { ...aTenantOnTheWeb(), metadata: { name: 'columns' } }
    const agent = { ...anAgent(), metadata: { name: 'columns' } }
    const status = {
      agents: 2,
      channels: ['web', 'slack'],
      conditions: [
        { type: 'Ready', status: 'True', reason: 'Serving', message: 'Open for talk.' },
        { type: 'IsolationVerified', status: 'True', reason: 'Held', message: 'No tenant sees another.' },
      ].map((condition) => ({ ...condition, lastTransitionTime: '2026-01-01T00:00:00Z' })),
    }
    const { channels: _channels, agents: _agents, ...agentStatus } = status
    try {
      for (const { manifest, told } of [
        { manifest: tenant, told: status },
        { manifest: agent, told: agentStatus },
      ]) {
        const { metadata, ...rest } = await ask('POST', collectionOf(manifest), manifest)
        const path = `${collectionOf(manifest)}/columns/status?fieldValidation=Strict`
        await ask('PUT', path, { ...rest, metadata, status: told })
      }
      const list = (...options: readonly string[]) => kubectl('-n', namespace, 'get', ...options)

      const short = await list('tenants,agents')
      assert.match(short, /NAME +READY +AGENTS +CHANNELS +AGE\ntenant\S+ +True +2 +\["web","slack"\] +\d+s/)
      assert.match(short, /NAME +READY +TENANT +MODEL +AGE\nagent\S+ +True +tidy +default +\d+s/)
      assert.match(
        await list('tenants,agents', '-o', 'wide'),
        /AGE +MESSAGE\n.*Open for talk\.[^]*AGE +MESSAGE\n.*Open for talk\./,
      )
      const names = 'tenant.konstruct.dev/columns\nagent.konstruct.dev/columns\n'
      assert.equal(await list('ktn,kag', '-o', 'name'), names)
      const category = await list('konstruct', '-o', 'name')
      assert.deepEqual(category.split('\n').toSorted(), names.split('\n').toSorted())
    } finally {
      for (const manifest of [tenant, agent]) await ask('DELETE', `${collectionOf(manifest)}/columns`)
    }
  })
})
