// The chart from its installation to its removal, in the order in which a person meets it. The tests build on each other.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Redis } from 'ioredis'
import { browser } from '../support/browser.ts'
import { waitUntil } from '../support/wait-until.ts'
import { endRelease, prepareRelease } from './begin-release.ts'
import { type Release, step } from './release.ts'

const tenantIn = (namespace: string, name: string) => ({
  apiVersion: 'konstruct.dev/v1alpha1',
  kind: 'Tenant',
  metadata: { name, namespace },
  spec: {
    displayName: name,
    models: [{ name: 'default', openAICompatible: { baseURL: 'http://model.example/v1', model: 'some' } }],
    channels: { web: { defaultAgent: 'support', auth: { anonymous: {} } } },
  },
})

/** The README's, without the name of the program. */
const commandsThatFree = (namespace: string): readonly (readonly string[])[] => {
  const readme = readFileSync('charts/konstruct/README.md', 'utf8')
  return [...readme.matchAll(/^kubectl (create|wait|delete) .*(konstruct-free|<namespace>).*$/gm)].map(
    ([line]) => line.replace('<namespace>', namespace).split(' ').slice(1),
  )
}

describe('A release on a cluster', function () {
  this.timeout(240_000)
  this.bail(true)
  let release: Release

  before(async function () {
    release = await prepareRelease(this)
  })
  after(async function () {
    await endRelease(this, release)
  })

  const kubectl = (...args: string[]): Promise<string> => release.kubectl.run(...args)
  const wait = (condition: string, what: string, ...more: string[]): Promise<string> =>
    kubectl('wait', `--for=${condition}`, what, '--timeout=30s', ...more)

  it('is removed again when its installation failed', async () => {
    // A role that may not migrate.
    await assert.rejects(release.install(['--set', 'database.owner.key=app-url']), /pre-install/)
    await step('helm uninstall', () => release.helm('uninstall', 'konstruct', '--wait'))
    await assert.rejects(release.helm('history', 'konstruct'), /not found/)
  })

  it('is installed by `helm install --wait`, with all pods ready', async () => {
    await step('helm install --wait', () => release.install())
    const path = 'jsonpath={range .items[*]}{.metadata.name} {.status.readyReplicas}{"\\n"}{end}'
    const ready = await kubectl('-n', 'konstruct', 'get', 'deployments', '-o', path)
    for (const part of ['gateway', 'operator', 'orchestrator'])
      assert.match(ready, new RegExp(`^konstruct-${part} 2$`, 'm'))
  })

  it('makes both samples Ready', async () => {
    await step('samples Ready', async () => {
      await release.applySamples()
      for (const tenant of ['acme', 'globex'])
        await wait('condition=Ready', `tenant/${tenant}`, `--namespace=${tenant}`)
    })
  })

  it('answers in a real browser, through the gateway’s Service', async () => {
    await step('chat in Chromium', async () => {
      const context = await (await browser()).newContext()
      const page = await context.newPage()
      await page.goto(`${await release.gatewayUrl()}/chat/acme`)
      await page.getByRole('textbox').fill('Hello')
      // Enter is not heard before the page knows whom it speaks with; the button waits for that.
      await page.getByRole('button', { name: 'Send' }).click()
      await page.getByText('I am the demo model').waitFor({ timeout: 30_000 })
      await context.close()
    })
  })

  it('passes `helm test`: a tenant appears, is asked, and goes away', async () => {
    await step('helm test', () => release.helm('test', 'konstruct', '--logs'))
    assert.doesNotMatch(await kubectl('get', 'tenants', '-A'), /konstruct-test/)
  })

  it('refuses a second Tenant of the same name, with a condition that says what to do', async () => {
    await kubectl('create', 'namespace', 'other')
    await release.apply(tenantIn('other', 'acme'))
    await wait('condition=Stalled', 'tenant/acme', '--namespace=other')
    const path = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}/{.status.observedGeneration}'
    assert.equal(await kubectl('-n', 'other', 'get', 'tenant', 'acme', '-o', path), 'False/1')
    await kubectl('delete', 'namespace', 'other', '--timeout=60s')
    await wait('condition=Ready', 'tenant/acme', '--namespace=acme')
  })

  it('may do what the runbooks ask whether it may', async () => {
    const runbooks = readFileSync('docs/runbooks.md', 'utf8')
    const [, question = ''] = /kubectl (auth can-i [^`]+)`/.exec(runbooks) ?? []
    const asked = question.replaceAll('$NS', 'konstruct').replaceAll(/\$(RELEASE|NAME)/g, 'konstruct')
    assert.equal((await kubectl(...asked.split(' '))).trim(), 'yes')
  })

  it('frees, as the README tells, a namespace that was deleted with its Tenant and the rights on it', async () => {
    await kubectl('create', 'namespace', 'doomed')
    await step('helm upgrade', () => release.install(['--set', 'operator.namespaces={acme,globex,doomed}']))
    await release.apply(tenantIn('doomed', 'doomed'))
    await wait('jsonpath={.metadata.finalizers}', 'tenant/doomed', '--namespace=doomed')
    // Whatever comes first when a namespace is deleted: here it is the rights.
    await kubectl('delete', 'rolebinding', 'konstruct-operator', '--namespace=doomed')
    await kubectl('delete', 'namespace', 'doomed', '--wait=false')
    await wait('jsonpath={.metadata.deletionTimestamp}', 'tenant/doomed', '--namespace=doomed')
    for (const command of commandsThatFree('doomed')) await step(command[1] ?? '', () => kubectl(...command))
    await wait('condition=Ready', 'tenant/acme', '--namespace=acme')
  })

  it('lets a team edit its Agents but not its Tenant', async () => {
    await kubectl(
      'create',
      'rolebinding',
      'team',
      '-n',
      'acme',
      '--clusterrole=konstruct-agent-editor',
      '--user=ann',
    )
    const can = async (verb: string, what: string): Promise<boolean> => {
      const asked = kubectl('auth', 'can-i', verb, what, '-n', 'acme', '--as=ann')
      return asked.then(
        (answer) => answer.trim() === 'yes',
        () => false,
      )
    }
    assert.deepEqual(
      [await can('patch', 'agents.konstruct.dev'), await can('get', 'tenants.konstruct.dev')],
      [true, true],
    )
    assert.deepEqual(
      [await can('patch', 'tenants.konstruct.dev'), await can('get', 'secrets')],
      [false, false],
    )
  })

  it('lands a change of its resources with an upgrade', async () => {
    await kubectl(
      'patch',
      'crd',
      'tenants.konstruct.dev',
      '--type=json',
      '-p=[{"op":"replace","path":"/spec/names/shortNames","value":["older"]}]',
    )
    await step('helm upgrade', () => release.install(['--force-conflicts']))
    const names = 'jsonpath={.spec.names.shortNames[0]}'
    assert.equal(await kubectl('get', 'crd', 'tenants.konstruct.dev', '-o', names), 'ktn')
  })

  it('is not removed while Tenants remain, and says how to go on', async () => {
    await assert.rejects(
      release.helm('uninstall', 'konstruct'),
      /2 Tenants remain[\s\S]*kubectl delete tenants[\s\S]*helm rollback konstruct <revision>/,
    )
    await wait('condition=Ready', 'tenant/acme', '--namespace=acme')
  })

  it('is upgraded again after that, once it is rolled back as the refusal says', async () => {
    await assert.rejects(release.install(), /has no deployed releases/)
    const history = await release.helm('history', 'konstruct', '--output=json')
    const revisions = JSON.parse(history) as readonly { revision: number; status: string }[]
    const refused = revisions.find(({ status }) => status === 'uninstalling')
    await step('helm rollback', () => release.helm('rollback', 'konstruct', String(refused?.revision)))
    await step('helm upgrade', () => release.install())
    await wait('condition=Ready', 'tenant/acme', '--namespace=acme')
  })

  it('leaves nothing in stores and cluster when its Tenants and it are removed', async () => {
    await step('tenants deleted', () =>
      kubectl('delete', 'tenants', '--all', '--all-namespaces', '--timeout=60s'),
    )
    const rows = await release.rows(`select tenant_id from konstruct.conversations where tenant_id = 'acme'`)
    assert.deepEqual(rows, [])
    const redis = new Redis(release.redisUrl)
    assert.deepEqual(await redis.keys('acme:*'), [])
    redis.disconnect()
    await step('helm uninstall', () => release.helm('uninstall', 'konstruct', '--wait'))
    const kinds =
      'all,roles,rolebindings,clusterroles,clusterrolebindings,networkpolicies,poddisruptionbudgets,serviceaccounts'
    const label = 'app.kubernetes.io/instance=konstruct'
    const left = (): Promise<string> => kubectl('get', kinds, '-A', '-l', label, '-o', 'name')
    // Pods take their leave after Helm has gone.
    await waitUntil(
      { until: 'nothing is left', deadlineMs: 60_000, everyMs: 500 },
      async () => (await left()) === '',
    )
    const crds = await kubectl('get', 'crds', '-o', 'name')
    assert.match(crds, /tenants\.konstruct\.dev/)
  })
})
