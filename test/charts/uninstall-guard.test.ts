// What `helm uninstall` runs first, as Helm renders it.
import assert from 'node:assert/strict'
import { type Manifest, manifestsIn, podSpecOf, renderChart, withLeast } from './render-chart.ts'

const guardOf = async (values: object = {}): Promise<readonly Manifest[]> =>
  manifestsIn(await renderChart(withLeast(values))).filter(
    ({ metadata }) => metadata.annotations?.['helm.sh/hook'] === 'pre-delete',
  )

const weightOf = ({ metadata }: Manifest): number => Number(metadata.annotations?.['helm.sh/hook-weight'])

describe('The uninstall guard', function () {
  this.timeout(600_000)

  it('brings the account and the right that it works with, since after a failed installation there are no others', async () => {
    const guard = await guardOf()
    const inOrder = guard.toSorted((one, other) => weightOf(one) - weightOf(other)).map(({ kind }) => kind)
    assert.deepEqual(inOrder, ['ServiceAccount', 'ClusterRole', 'ClusterRoleBinding', 'Job'])
    const names = new Set(guard.map(({ metadata }) => metadata.name))
    assert.deepEqual([...names], ['konstruct-uninstall-guard'])
    const spec = guard.flatMap((manifest) => podSpecOf(manifest) ?? [])[0]
    assert.equal(spec?.serviceAccountName, 'konstruct-uninstall-guard')
    const rules = guard.flatMap(({ rules: each = [] }) => each)
    assert.deepEqual(rules, [{ apiGroups: ['konstruct.dev'], resources: ['tenants'], verbs: ['list'] }])
  })

  it('can be made when a namespace whose Tenants count is gone: it puts nothing into one', async () => {
    const guard = await guardOf({ operator: { namespaces: ['gone'] } })
    assert.deepEqual(
      guard.filter(({ metadata }) => metadata.namespace === 'gone'),
      [],
    )
    assert.equal(guard.length, 4)
  })

  it('stays for a while when it refused, so that its reason can be read', async () => {
    const job = (await guardOf()).find(({ kind }) => kind === 'Job')
    assert.equal(job?.metadata.annotations?.['helm.sh/hook-delete-policy'], 'before-hook-creation,hook-succeeded')
    assert.equal(job.spec?.ttlSecondsAfterFinished, 3_600)
  })
})
