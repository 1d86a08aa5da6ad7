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
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']

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
  const { code, asked } = await follow('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', process.stderr, process.stderr],
  })
  clearInterval(timer)
  if (asked !== undefined) process.kill(process.pid, asked)
  else if (code !== 0) fail(`npm ci failed (${code}). Run it by hand to see why.`)
  else say(`Installed in ${seconds()} s.`)
}

const fail = (sentence) => {
  say(sentence)
  process.exit(1)
}

/** Passes signals on to the child, once there is one, and keeps the last that came. */
const forwardSignals = () => {
  const seen = { child: undefined, asked: undefined }
  for (const name of signals)
    process.on(name, () => {
      seen.asked = name
      // A terminal sends Ctrl-C to every process in front of it, the child included.
      if (name !== 'SIGINT' || !process.stdin.isTTY) seen.child?.kill(name)
    })
  return seen
}

/** npm does not tell its scripts when it is killed itself. */
const endWithParent = (child) => {
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 1000).unref()
}

/** Runs a program that ends with this process, and waits for it. */
const follow = async (program, args, options) => {
  // Before the child is there: a signal in between would end this process alone.
  const seen = forwardSignals()
  seen.child = spawn(program, args, options)
  endWithParent(seen.child)
  try {
    const [code, signal] = await once(seen.child, 'exit')
    return { code, signal, asked: seen.asked }
  } catch (error) {
    const hint = program === 'npm' ? ' It comes with Node.js.' : ''
    return fail(`${program} cannot be started (${error.code}).${hint}`)
  } finally {
    for (const name of signals) process.removeAllListeners(name)
  }
}

const run = async ([program, ...args]) => {
  const isScript = /\.(ts|mjs|js)$/.test(program)
  const options = {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` },
  }
  const { code, signal } = isScript
    ? await follow(join(bin, 'node'), [program, ...args], options)
    : await follow(program, args, options)
  if (signal === null) process.exit(code)
  process.kill(process.pid, signal)
}

if (!isInstalled()) await holdLock(`npm ci in ${root}`, install, () => say('Waiting for another set-up.'))
if (process.argv.length > 2) await run(process.argv.slice(2))
