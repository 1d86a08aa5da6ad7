// The way in on a fresh clone, for whatever Node the machine has: installs the npm packages that package-lock.json
// names when they are missing or others, then runs a program with them and with the Node that is one of them.
//
//   node dev/setup.mjs                        only installs
//   node dev/setup.mjs dev/demo/main.ts …     runs a script
//   node dev/setup.mjs mocha …                runs a program of node_modules/.bin
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { holdLock } from './parts/hold-lock.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = join(root, 'node_modules', '.bin')
const everyMs = 10_000

const say = (line) => process.stderr.write(`${line}\n`)

const packagesIn = (file) => {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages
  } catch {
    return {}
  }
}

/** npm keeps beside the packages a lock file of what it has installed; optional ones may be left out of it. */
const isInstalled = () => {
  const wanted = packagesIn('package-lock.json')
  const present = packagesIn(join('node_modules', '.package-lock.json'))
  return Object.entries(wanted).every(([path, { version, optional, link }]) => {
    if (path === '' || link) return true
    return path in present ? present[path].version === version : optional === true
  })
}

const install = async () => {
  if (isInstalled()) return
  say('Installing the npm packages of package-lock.json.')
  const since = Date.now()
  const seconds = () => Math.round((Date.now() - since) / 1000)
  const timer = setInterval(() => say(`  … still installing: ${seconds()} s`), everyMs)
  const npm = spawn('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', process.stderr, process.stderr],
  })
  const [code] = await once(npm, 'exit')
  clearInterval(timer)
  if (code !== 0) {
    say(`npm ci failed (${code}). Run it by hand to see why.`)
    process.exit(1)
  }
  say(`Installed in ${seconds()} s.`)
}

const forwardSignals = (child) => {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(name, () => {
      // A terminal sends Ctrl-C to every process in front of it, the child included.
      if (name !== 'SIGINT' || !process.stdin.isTTY) child.kill(name)
    })
}

/** npm does not tell its scripts when it is killed itself. */
const endWithParent = (child) => {
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 1000).unref()
}

const run = async ([program, ...args]) => {
  const isScript = /\.(ts|mjs|js)$/.test(program)
  const child = spawn(isScript ? join(bin, 'node') : program, isScript ? [program, ...args] : args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` },
  })
  forwardSignals(child)
  endWithParent(child)
  const [code, signal] = await once(child, 'exit')
  if (signal === null) process.exit(code)
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
}

if (!isInstalled()) await holdLock(`npm ci in ${root}`, install, () => say('Waiting for another set-up.'))
if (process.argv.length > 2) await run(process.argv.slice(2))
