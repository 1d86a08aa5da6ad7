// Ends a program when the one who started it is gone, however it went. The starter holds the other end of standard
// input; when that closes (also by kill -9) the program's whole process group gets its signal and, if it is slow,
// SIGKILL. Plain JavaScript without imports from npm, so that it starts fast and on any Node.
//
//   node leash.mjs <signal> <graceMs> <folder to remove, or -> <program> [argument …]
//
// Standard output tells the starter the program's pid, or why it could not start. Standard error is the program's log.
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'

const [signal, graceMs, temporary, command, ...args] = process.argv.slice(2)

const program = spawn(command, args, { stdio: ['ignore', 2, 2], detached: true })
let released = false

const signalGroup = (name) => {
  try {
    process.kill(-Number(program.pid), name)
  } catch {
    // The group is gone already.
  }
}

const end = () => {
  if (released) return
  released = true
  signalGroup(signal)
  setTimeout(() => signalGroup('SIGKILL'), Number(graceMs)).unref()
}

program.once('spawn', () => process.stdout.write(`pid ${program.pid}\n`))
program.once('error', (error) => {
  process.stdout.write(`error ${error.message}\n`)
  process.exitCode = 127
  process.stdin.destroy()
})
program.once('exit', (code) => {
  signalGroup('SIGKILL')
  if (released && temporary !== '-') rmSync(temporary, { recursive: true, force: true, maxRetries: 5 })
  process.exit(code ?? 1)
})

process.stdin.on('end', end).on('error', end).resume()
process.stdout.on('error', end)
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(name, end)
