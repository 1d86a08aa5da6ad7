// One holder at a time on this machine. The lock is a local socket's name: the kernel frees it when its holder dies,
// so there is nothing stale to clean up, and waiters are woken by their connection's end. Plain JavaScript, because
// the set-up needs it before any package is there.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const addressOf = (name) => {
  const id = `konstruct-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`
  // Linux has names that are no files; elsewhere a file can be left over from a dead holder.
  return process.platform === 'linux' ? `\0${id}` : join(tmpdir(), `${id}.lock`)
}

const tryToHold = async (address) => {
  const waiting = new Set()
  const server = createServer((socket) => {
    waiting.add(socket)
    socket.on('error', () => {}).on('close', () => waiting.delete(socket))
  })
  server.listen(address)
  try {
    await once(server, 'listening')
  } catch (error) {
    if (error.code === 'EADDRINUSE') return undefined
    throw error
  }
  server.unref()
  return async () => {
    for (const socket of waiting) socket.destroy()
    server.close()
    await once(server, 'close')
  }
}

const waitForHolder = async (address) => {
  const socket = connect(address)
  try {
    await once(socket, 'connect')
    socket.resume()
    await once(socket, 'close')
  } catch (error) {
    if (error.code === 'ECONNREFUSED' && !address.startsWith('\0')) rmSync(address, { force: true })
  } finally {
    socket.destroy()
  }
}

/** Runs `work` while nobody else on this machine holds the lock; `onWait` is called once when another one does. */
export const holdLock = async (name, work, onWait = () => {}) => {
  const address = addressOf(name)
  let told = false
  for (;;) {
    const release = await tryToHold(address)
    if (release !== undefined) {
      try {
        return await work()
      } finally {
        await release()
      }
    }
    if (!told) onWait()
    told = true
    await waitForHolder(address)
  }
}
