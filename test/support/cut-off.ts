// A wire to a part that can be cut, silenced and mended: what goes through it finds the part away and back again, while
// the part itself, which other tests use too, goes on.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface Wire {
  /** The given URL, by way of this wire. */
  readonly url: string
  /** Ends every connection and takes no new one. */
  cut(): Promise<void>
  /** Passes nothing on any more, and tells nobody: as a network that loses packets. Connections of before stay silent. */
  silence(): void
  /** Ends the connection that sends this text next, before anything of it arrives. Once; text in lower case. */
  cutAt(text: string): void
  mend(): Promise<void>
  close(): Promise<void>
}

/** `url` of any scheme with a host and a port. */
export const wireTo = async (url: string): Promise<Wire> => {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  let silent = false
  let fatal: string | null = null
  const isFatal = (bytes: Buffer): boolean => fatal !== null && bytes.toString().toLowerCase().includes(fatal)
  const keep = (socket: Socket): Socket => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    return socket
  }
  const server = createServer((near) => {
    if (silent) {
      keep(near).pause()
      return
    }
    const far = keep(connect(Number(target.port), target.hostname))
    keep(near).on('data', (bytes: Buffer) => {
      if (!isFatal(bytes)) return
      fatal = null
      near.destroy()
      far.destroy()
    })
    near.pipe(far).pipe(near)
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
  })
  const listen = (port: number): Promise<void> =>
    new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
  await listen(0)
  const { port } = server.address() as AddressInfo
  const through = new URL(url)
  through.hostname = '127.0.0.1'
  through.port = String(port)
  const cut = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  return {
    url: through.href,
    cut,
    silence: () => {
      silent = true
      for (const socket of sockets) socket.unpipe().pause()
    },
    cutAt: (text) => {
      fatal = text
    },
    mend: async () => {
      silent = false
      if (!server.listening) await listen(port)
    },
    close: () => (server.listening ? cut() : Promise.resolve()),
  }
}
