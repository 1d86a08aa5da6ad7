// Holds the node's pods to the cluster's NetworkPolicies, which the bridge that joins them does not. Told the path of
// a kubeconfig as writeKubeconfig writes it; NODE_EXTRA_CA_CERTS has the API server's certificate. Ends with the node.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { compileRules, policyChain } from './compile-rules.ts'
import { followObjects } from './follow-objects.ts'
import type { Namespace, NetworkPolicy, Pod, World } from './objects.ts'

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: { readonly server: string } }]
  readonly users: readonly [{ readonly user: { readonly token: string } }]
}

const { clusters, users } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Kubeconfig
const api = { server: clusters[0].cluster.server, token: users[0].user.token }

/** Several changes that come together are carried out together. */
const settleMs = 20

const known: Partial<World> = {}
const last = { rules: '' }
let timer: NodeJS.Timeout | undefined

const enforce = (): void => {
  timer = undefined
  const { pods, namespaces, policies } = known
  if (pods === undefined || namespaces === undefined || policies === undefined) return
  const rules = compileRules({ pods, namespaces, policies })
  if (rules === last.rules) return
  execFileSync('iptables-restore', ['--noflush', '--wait=10'], { input: rules })
  if (last.rules === '')
    for (const chain of ['FORWARD', 'INPUT'])
      execFileSync('iptables', ['--wait=10', '-t', 'mangle', '-I', chain, '-j', policyChain])
  last.rules = rules
}

const learn = (news: Partial<World>): void => {
  Object.assign(known, news)
  timer ??= setTimeout(enforce, settleMs)
}

// Packets between two pods cross a bridge only, and are shown to iptables if this says so. Of this network namespace.
writeFileSync('/proc/sys/net/bridge/bridge-nf-call-iptables', '1')
await Promise.race([
  followObjects(api, '/api/v1/pods', (pods) => learn({ pods: pods as readonly Pod[] })),
  followObjects(api, '/api/v1/namespaces', (namespaces) =>
    learn({ namespaces: namespaces as readonly Namespace[] }),
  ),
  followObjects(api, '/apis/networking.k8s.io/v1/networkpolicies', (policies) =>
    learn({ policies: policies as readonly NetworkPolicy[] }),
  ),
])
