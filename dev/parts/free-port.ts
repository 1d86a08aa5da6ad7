// Ports on 127.0.0.1, or on another address of this machine. A part takes its port seconds after it was chosen, so one is
// chosen that nobody gets who asks for any: below those that the system gives away by itself. Each process goes through
// them from a place of its own. Another one can still take it before; the part then fails to start and says so.
import { readFileSync } from 'node:fs'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { loopback, partUnavailable } from './part.ts'

/** Listens for a moment on the port, or on any free one for 0, and gives its number. */
const tryPort = async (port: number, host: string): Promise<number> => {
  const server = createServer().listen(port, host)
  await once(server, 'listening')
  const taken = (server.address() as AddressInfo).port
  server.close()
  await once(server, 'close')
  return taken
}

const lowestPort = 10_000
/** From here on Kubernetes has its node ports. */
const highestPort = 30_000
const portsPerProcess = 64
const mostTries = 1_000

/** The first port that the system gives to whoever asks for any; by its default, or a lower one, where it does not tell. */
const firstGivenAway = (): number => {
  try {
    return Number.parseInt(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8'), 10)
  } catch {
    return 32_768
  }
}

const isFree = async (port: number, host: string): Promise<boolean> => {
  try {
    await tryPort(port, host)
    return true
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    if (code === 'EADDRINUSE' || code === 'EACCES') return false
    throw thrown
  }
}

/** How many were tried in this process. */
let tried = 0

/** A port that is free now; another one each time. */
export const freePort = async (host = loopback): Promise<number> => {
  const count = Math.min(highestPort, firstGivenAway()) - lowestPort
  for (let tries = 0; tries < Math.min(mostTries, count); tries += 1) {
    const port = lowestPort + ((process.pid * portsPerProcess + tried) % count)
    tried += 1
    if (await isFree(port, host)) return port
  }
  return tryPort(0, host)
}

/** The given port, once it is known that nobody else answers there; a free one when none is given. */
export const choosePort = async (
  name: string,
  given: number | undefined,
  host = loopback,
): Promise<number> => {
  if (given === undefined) return freePort(host)
  try {
    return await tryPort(given, host)
  } catch (cause) {
    const why = `port ${given} of ${host} cannot be used (${(cause as NodeJS.ErrnoException).code}).`
    throw partUnavailable(name, {
      why,
      command: `ss -ltnp 'sport = :${given}' (then stop what it names)`,
      cause,
    })
  }
}
