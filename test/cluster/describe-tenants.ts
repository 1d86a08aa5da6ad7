// What people and programs learn of Tenants on a cluster: that Secrets of other namespaces are none of theirs, and when
// what they asked for is done, in progress, or will never be done as it is.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Condition } from '../../services/shared/domain/resources/tenant.ts'
import { aModel, anAgent, aSecret, aTenant, manifestsOf, webForUsers } from '../operator/manifests.ts'
import { waitUntil } from '../support/wait-until.ts'
import { type Release, step } from './release.ts'
import { type Watched, watchVersions } from './watch-versions.ts'

/** Each has a Tenant of its name at most. */
const teams = ['ours', 'theirs', 'keyless', 'rival', 'good', 'hopeless'] as const
type Team = (typeof teams)[number]

const modelWithKey = aModel('default', { apiKeySecretRef: { name: 'model', key: 'apiKey' } })
const auth = { secret: 'x'.repeat(32) }
const modelKey = { apiKey: 'hidden' }
const secretKinds = { auth, model: modelKey }

const wanted = (team: Team, spec: Readonly<Record<string, unknown>>, name: string = team) => [
  aTenant(name, { namespace: team, spec }),
  anAgent('support', name, { namespace: team }),
]

/** A chart as a team would keep one; its path. */
const writeChart = (folder: string, team: Team, spec: Readonly<Record<string, unknown>>): string => {
  const chart = join(folder, team)
  mkdirSync(join(chart, 'templates'), { recursive: true })
  writeFileSync(join(chart, 'Chart.yaml'), JSON.stringify({ apiVersion: 'v2', name: team, version: '1.0.0' }))
  writeFileSync(join(chart, 'templates', 'all.yaml'), manifestsOf(...wanted(team, spec)))
  return chart
}

/** It was there from its first version on, and at no moment was it taken for done when it was not. */
const assertHonest = ({ versions }: Watched): void => {
  assert.equal(versions[0]?.kstatus, 'InProgress')
  for (const version of versions) assert.equal(version.kstatus === 'Current', version.isReady)
}

const last = ({ versions }: Watched): string | undefined => versions.at(-1)?.kstatus

export const describeTenants = (installed: () => Release): void => {
  describe('Its Tenants', function () {
    this.timeout(120_000)
    const folder = mkdtempSync(join(tmpdir(), 'konstruct-tenants-'))
    const watches: Watched[] = []

    const kubectl = (...args: string[]): Promise<string> => installed().kubectl.run(...args)
    const apply = (...items: readonly object[]): Promise<void> =>
      installed().apply({ apiVersion: 'v1', kind: 'List', items })
    const waitFor = (condition: string, team: Team, name: string = team): Promise<string> =>
      kubectl('-n', team, 'wait', `--for=condition=${condition}`, `tenant/${name}`, '--timeout=30s')
    const conditionOf = async (team: Team, type: string): Promise<Condition | undefined> => {
      const tenant = JSON.parse(await kubectl('-n', team, 'get', 'tenant', team, '-o', 'json')) as {
        readonly status: { readonly conditions: readonly Condition[] }
      }
      return tenant.status.conditions.find((condition) => condition.type === type)
    }
    const sealed = async (team: Team): Promise<number> => {
      const sql = `select name from konstruct.sealed_secrets where tenant_id = '${team}'`
      return (await installed().rows(sql)).length
    }
    const watch = async (team: Team, name: string = team): Promise<Watched> => {
      const { kubeconfig } = installed().cluster.folder
      const watched = await watchVersions({ kubeconfig, kind: 'Tenant', namespace: team, name })
      watches.push(watched)
      return watched
    }
    const until = (watched: Watched, kstatus: string): Promise<unknown> =>
      waitUntil({ until: `it is ${kstatus}`, deadlineMs: 30_000 }, () => last(watched) === kstatus)
    const install = (team: Team, chart: string): Promise<string> =>
      installed().helm('install', team, chart, '--wait', '--timeout=100s')

    before(async () => {
      for (const team of teams) await kubectl('create', 'namespace', team)
      for (const [name, data] of Object.entries(secretKinds)) await apply(aSecret(name, data, 'theirs'))
    })
    after(async () => {
      await Promise.all(watches.map((watched) => watched.stop()))
      for (const release of ['good', 'hopeless'])
        await installed()
          .helm('uninstall', release)
          .catch(() => '')
      for (const team of teams)
        await kubectl('-n', team, 'delete', 'tenants', '--all', '--timeout=60s').catch(() => '')
      await kubectl('delete', 'namespace', ...teams, '--ignore-not-found', '--timeout=60s')
      rmSync(folder, { recursive: true })
    })

    it('do not find a Secret in another namespace, say what to do, and count as failed until it is done', async () => {
      const watched = await watch('ours')
      await apply(...wanted('ours', { models: [modelWithKey], channels: webForUsers }))
      await waitFor('Stalled', 'ours')
      const found = await conditionOf('ours', 'SecretsResolved')
      assert.deepEqual([found?.status, found?.reason], ['False', 'SecretNotFound'])
      assert.match(found?.message ?? '', /^Create the Secret auth: /)
      assert.equal((await conditionOf('ours', 'Ready'))?.status, 'False')
      await until(watched, 'Failed')
      assert.equal(await sealed('ours'), 0)
      for (const [name, data] of Object.entries(secretKinds)) await apply(aSecret(name, data, 'ours'))
      await waitFor('Ready', 'ours')
      await until(watched, 'Current')
      assert.equal(await sealed('ours'), 2)
      assertHonest(watched)
    })

    it('are in progress again from the moment of an edit until it is published', async () => {
      const watched = await watch('ours')
      await kubectl(
        '-n',
        'ours',
        'patch',
        'tenant',
        'ours',
        '--type=merge',
        '-p',
        '{"spec":{"suspended":true}}',
      )
      await until(watched, 'Current')
      assertHonest(watched)
      const rows = await installed().rows(`select state from konstruct.tenants where tenant_id = 'ours'`)
      assert.deepEqual(rows, [{ state: 'suspended' }])
    })

    it('call their model without a key that only another namespace has, and say what to do', async () => {
      await apply(...wanted('keyless', { models: [modelWithKey] }))
      await waitFor('Ready', 'keyless')
      const found = await conditionOf('keyless', 'SecretsResolved')
      assert.equal(found?.reason, 'OptionalSecretMissing')
      assert.match(found?.message ?? '', /^Create the Secret model: .* called without a key\.$/)
      assert.equal(await sealed('keyless'), 0)
    })

    it('cannot name the namespace of a Secret', async () => {
      const ref = { name: 'model', key: 'apiKey', namespace: 'theirs' }
      const models = [aModel('default', { apiKeySecretRef: ref })]
      const tenant = aTenant('keyless', { namespace: 'keyless', spec: { models } })
      const file = join(folder, 'tenant.json')
      writeFileSync(file, JSON.stringify(tenant))
      await assert.rejects(
        kubectl('apply', '-f', file),
        /strict decoding error: unknown field "spec\.models\[0\]\.openAICompatible\.apiKeySecretRef\.namespace"/,
      )
      const careless = ['--validate=ignore', '--dry-run=server', '-o', 'json']
      const taken = await kubectl('apply', '-f', file, ...careless)
      assert.match(taken, /"apiKeySecretRef"/)
      assert.doesNotMatch(taken.replace(/"kubectl.kubernetes.io.*/, ''), /theirs/)
    })

    it('keep their Secrets from a team that may edit its Agents only', async () => {
      const role = ['--clusterrole=konstruct-agent-editor', '--user=ann']
      await kubectl('-n', 'ours', 'create', 'rolebinding', 'ann', ...role)
      const asAnn = (...args: string[]): Promise<string> => kubectl(...args, '--as=ann')
      const patch = ['--type=merge', '-p', '{"spec":{"displayName":"Ann"}}']
      await asAnn('-n', 'ours', 'patch', 'agent', 'support', ...patch)
      await assert.rejects(asAnn('-n', 'ours', 'patch', 'tenant', 'ours', ...patch), /forbidden/i)
      await assert.rejects(asAnn('-n', 'theirs', 'patch', 'agent', 'support', ...patch), /forbidden/i)
      for (const namespace of ['ours', 'theirs', 'konstruct'])
        await assert.rejects(asAnn('-n', namespace, 'get', 'secrets'), /forbidden/i)
    })

    it('that can never be Ready, because their name is taken, are failed at once and never done', async () => {
      const watched = await watch('rival', 'ours')
      await apply(...wanted('rival', {}, 'ours'))
      await waitFor('Stalled', 'rival', 'ours')
      await until(watched, 'Failed')
      const ready = ['-n', 'rival', 'wait', '--for=condition=Ready', 'tenant/ours', '--timeout=1s']
      await assert.rejects(kubectl(...ready), /timed out/)
      assertHonest(watched)
    })

    it('let `helm install --wait` succeed once they are Ready', async () => {
      const watched = await watch('good')
      await step('helm install --wait of a Tenant', () => install('good', writeChart(folder, 'good', {})))
      assert.equal((await conditionOf('good', 'Ready'))?.status, 'True')
      assertHonest(watched)
    })

    it('let `helm install --wait` fail when they are stalled, before its time is over, with what to do', async () => {
      const chart = writeChart(folder, 'hopeless', { channels: webForUsers })
      const since = performance.now()
      await assert.rejects(
        step('helm install --wait of a stalled Tenant', () => install('hopeless', chart)),
        /Tenant\/hopeless\/hopeless not ready\. status: Failed, message: Create the Secret auth: /,
      )
      assert.ok(performance.now() - since < 60_000)
      assert.equal((await conditionOf('hopeless', 'Stalled'))?.status, 'True')
    })
  })
}
