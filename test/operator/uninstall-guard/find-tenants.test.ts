import assert from 'node:assert/strict'
import { refusalOf } from '../../../operator/uninstall-guard/find-tenants.ts'

const release = { release: 'chat', releaseNamespace: 'platform', namespaces: [] }

describe('Refusing to remove the operator', () => {
  it('is silent when no Tenant remains', () => {
    assert.equal(refusalOf([], release), null)
  })

  it('names some of the Tenants and counts the rest', () => {
    const remaining = Array.from({ length: 7 }, (_, n) => `acme/tenant-${n}`)
    const refusal = refusalOf(remaining, release) ?? ''
    assert.match(refusal, /7 Tenants remain \(acme\/tenant-0, .*acme\/tenant-4 and 2 more\)/)
  })

  it('tells how to delete the Tenants that the operator looks after, and no others', () => {
    const commandsFor = (...namespaces: string[]): readonly string[] =>
      (refusalOf(['one/acme'], { ...release, namespaces }) ?? '')
        .split('\n')
        .filter((line) => line.startsWith('  kubectl'))
    assert.deepEqual(commandsFor(), ['  kubectl delete tenants --all --all-namespaces'])
    assert.deepEqual(commandsFor('one', 'two'), [
      '  kubectl delete tenants --all --namespace=one',
      '  kubectl delete tenants --all --namespace=two',
    ])
  })

  it('tells how to go on with the release, which Helm counts as being removed from then on', () => {
    const refusal = refusalOf(['acme/acme'], release) ?? ''
    assert.match(refusal, /^ {2}helm rollback chat <revision> --namespace=platform$/m)
    assert.match(refusal, /`helm history chat --namespace=platform`/)
  })
})
