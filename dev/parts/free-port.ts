// Ports on 127.0.0.1, or on another address of this machine. Another process can take one before the part does; the
// part then fails to start and says so.
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

/** A port that is free now. */
export const freePort = (host = loopback): Promise<number> => tryPort(0, host)

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
