import assert from 'node:assert/strict'
import { compileRules } from '../../../../dev/cluster/network-policies/compile-rules.ts'
import type { NetworkPolicy, Pod } from '../../../../dev/cluster/network-policies/objects.ts'

const pod = (name: string, podIP: string, namespace = 'here'): Pod => ({
  metadata: { name, namespace, labels: { app: name } },
  spec: { containers: [{ ports: [{ name: 'chat', containerPort: 8080 }] }] },
  status: { phase: 'Running', podIP },
})

const namespaces = ['here', 'there'].map((name) => ({ metadata: { name, labels: { name } } }))
const pods = [pod('server', '10.0.0.1'), pod('client', '10.0.0.2'), pod('client', '10.0.0.3', 'there')]

const policy = (spec: NetworkPolicy['spec']): NetworkPolicy => ({
  metadata: { name: 'one', namespace: 'here' },
  spec: { podSelector: { matchLabels: { app: 'server' } }, ...spec },
})

const podRules = (...policies: NetworkPolicy[]): readonly string[] =>
  compileRules({ pods, namespaces, policies })
    .split('\n')
    .filter((line) => line.startsWith('-A KONSTRUCT-POD-'))
    .map((line) => line.replace(/^-A KONSTRUCT-POD-\d+ /, '').replaceAll('  ', ' '))

describe('NetworkPolicies as rules of iptables', () => {
  it('hold no pod that none of them selects', () => {
    const rules = compileRules({ pods, namespaces, policies: [] })
    assert.doesNotMatch(rules, /KONSTRUCT-POD|DROP/)
  })

  it('drop all that comes to a pod, or goes out of it, when they allow nothing', () => {
    const rules = compileRules({ pods, namespaces, policies: [policy({ policyTypes: ['Ingress'] })] })
    assert.match(rules, /-A KONSTRUCT-POLICY -d 10\.0\.0\.1 -j KONSTRUCT-POD-0\n-A KONSTRUCT-POD-0 -j DROP/)
    const out = compileRules({ pods, namespaces, policies: [policy({ policyTypes: ['Egress'] })] })
    assert.match(out, /-A KONSTRUCT-POLICY -s 10\.0\.0\.1 -j KONSTRUCT-POD-0\n-A KONSTRUCT-POD-0 -j DROP/)
  })

  it('let in pods of the own namespace by their labels, on the port of that name', () => {
    const from = [{ podSelector: { matchLabels: { app: 'client' } } }]
    const ingress = [{ from, ports: [{ port: 'chat' }] }]
    assert.deepEqual(podRules(policy({ policyTypes: ['Ingress'], ingress })), [
      '-s 10.0.0.2 -p tcp --dport 8080 -j RETURN',
      '-j DROP',
    ])
  })

  it('let in pods of other namespaces by the labels of these', () => {
    const namespaceSelector = {
      matchExpressions: [{ key: 'name', operator: 'NotIn', values: ['here'] } as const],
    }
    const ingress = [{ from: [{ namespaceSelector }] }]
    assert.deepEqual(podRules(policy({ policyTypes: ['Ingress'], ingress })), [
      '-s 10.0.0.3 -j RETURN',
      '-j DROP',
    ])
  })

  it('let out to ranges without their exceptions, and to ports of any address', () => {
    const ipBlock = { cidr: '10.9.0.0/31', except: ['10.9.0.1/32'] }
    const egress = [
      { to: [{ ipBlock }], ports: [{ port: 5000, endPort: 5010 }] },
      { ports: [{ port: 53, protocol: 'UDP' }] },
    ]
    assert.deepEqual(podRules(policy({ policyTypes: ['Egress'], egress })), [
      '-d 10.9.0.0/32 -p tcp --dport 5000:5010 -j RETURN',
      '-d 0.0.0.0/0 -p udp --dport 53 -j RETURN',
      '-j DROP',
    ])
  })

  it('allow what any of them allows', () => {
    const closed = policy({ policyTypes: ['Ingress'] })
    const open = policy({ policyTypes: ['Ingress'], ingress: [{}] })
    assert.deepEqual(podRules(closed, open), ['-s 0.0.0.0/0 -j RETURN', '-j DROP'])
  })

  it('leave pods alone that have ended: their address may be another’s', () => {
    const ended = { ...pod('server', '10.0.0.1'), status: { phase: 'Succeeded', podIP: '10.0.0.1' } }
    const policies = [policy({ policyTypes: ['Ingress'] })]
    assert.doesNotMatch(compileRules({ pods: [ended], namespaces, policies }), /DROP/)
  })
})
