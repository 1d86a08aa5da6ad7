import assert from 'node:assert/strict'
import { type KubePart, startOwnKubeApiserver } from '../../../dev/parts/kube-apiserver.ts'
import { validateManifests } from '../../../dev/parts/validate-manifests.ts'

const deployment = (spec: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: one, namespace: somewhere }
spec:
  selector: { matchLabels: { app: one } }
  template:
    metadata: { labels: { app: one } }
    spec:
      ${spec}
`

const harmless = `securityContext: { runAsNonRoot: true, seccompProfile: { type: RuntimeDefault } }
      containers:
        - name: one
          image: one
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }`

describe('The validation of manifests by a real API server', function () {
  this.timeout(120_000)
  let kube: KubePart | undefined
  const validate = (yaml: string) => {
    assert.ok(kube)
    return validateManifests(kube, yaml)
  }

  before(async () => {
    kube = await startOwnKubeApiserver({ durable: false })
  })

  after(() => kube?.stop())

  it('has nothing to say to what is right, and keeps none of it', async () => {
    const right = deployment(harmless)
    const nothing = { refused: [], warnings: [], unknownKinds: [] }
    assert.deepEqual(await validate(right), nothing)
    assert.deepEqual(await validate(`${right}\n---\n${right.replace('name: one', 'name: two')}`), nothing)
  })

  it('names a field that does not exist, and a value that may not be, of every object', async () => {
    const wrong = `${deployment('containers: [{ name: one, image: one, imagePulPolicy: Always }]')}
---
apiVersion: v1
kind: Service
metadata: { name: UPPER }
spec: { ports: [{ port: 80 }] }
`
    const { refused } = await validate(wrong)
    assert.match(refused.join('\n'), /unknown field ".*imagePulPolicy"/)
    assert.match(refused.join('\n'), /UPPER/)
  })

  it('warns of pods that the level restricted would not let run', async () => {
    const { refused, warnings } = await validate(deployment('containers: [{ name: one, image: one }]'))
    assert.deepEqual(refused, [])
    assert.match(warnings.join('\n'), /would violate PodSecurity "restricted/)
  })

  it('tells kinds apart that the server does not know, and judges the rest', async () => {
    const yaml = `
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: { name: one }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: one }
dat: {}
`
    const { refused, unknownKinds } = await validate(yaml)
    assert.deepEqual(unknownKinds, ['ScaledObject keda.sh/v1alpha1'])
    assert.match(refused.join('\n'), /unknown field "dat"/)
  })
})
