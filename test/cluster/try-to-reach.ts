// What a pod reaches, tried from inside it. What a NetworkPolicy does not let through is dropped, so whatever does not
// answer within 3 s is not reached.
import type { Kubectl } from '../../dev/cluster/kubectl.ts'

/** By name: every address that is meant by it, as [host, port]; `names` is asked for one, not connected to. */
export type Destinations = Readonly<Record<string, readonly (readonly [host: string, port: number])[]>>

/** By name of the destination; `partly` when some of its addresses are reached and others are not. */
export type Reached = Readonly<Record<string, 'yes' | 'no' | 'partly'>>

const program = `
const net = require('node:net')
const dns = require('node:dns').promises
const patienceMs = 3_000
const connects = ([host, port]) =>
  new Promise((resolve) => {
    const socket = net.connect(port, host)
    const say = (isReached) => { clearTimeout(timer); socket.destroy(); resolve(isReached) }
    const timer = setTimeout(say, patienceMs, false)
    socket.on('connect', () => say(true)).on('error', () => say(false))
  })
const isNamed = () => new dns.Resolver({ timeout: patienceMs, tries: 1 })
  .resolve4('kubernetes.default.svc.cluster.local').then(() => true, () => false)
const tell = (found) => found.every(Boolean) ? 'yes' : found.some(Boolean) ? 'partly' : 'no'
const tried = Object.entries(JSON.parse(process.argv[1])).map(async ([name, addresses]) =>
  [name, tell(await Promise.all(name === 'names' ? [isNamed()] : addresses.map(connects)))])
Promise.all(tried).then((entries) => console.log(JSON.stringify(Object.fromEntries(entries))))`

export const tryToReach = async (
  kubectl: Kubectl,
  { namespace, pod }: { readonly namespace: string; readonly pod: string },
  destinations: Destinations,
): Promise<Reached> => {
  const asked = JSON.stringify(destinations)
  const answer = await kubectl.run('-n', namespace, 'exec', pod, '--', 'node', '-e', program, asked)
  return JSON.parse(answer) as Reached
}
