// npm run demo: everything on this machine, real in every part, with the sample tenants to talk to.
import { asKonstructError, KonstructError } from '../../services/shared/runtime/errors.ts'
import { buildWebchat } from '../build-webchat.ts'
import { choosePort } from '../parts/free-port.ts'
import { holdLock } from '../parts/hold-lock.mjs'
import type { Report } from '../parts/part.ts'
import { awaitTenants } from './await-tenants.ts'
import { type DemoFolder, openDemoFolder } from './demo-folder.ts'
import { demoManifests } from './demo-manifests.ts'
import type { Kept } from './keep-running.ts'
import { printTable } from './print-table.ts'
import { type DemoArguments, readArguments } from './read-arguments.ts'
import { startKubernetes } from './start-kubernetes.ts'
import { startModel } from './start-model.ts'
import { type DemoSource, type Platform, startPlatform } from './start-platform.ts'
import { startStores } from './start-stores.ts'
import { talkOnce } from './talk-once.ts'

const since = performance.now()
const report: Report = (line) => {
  process.stderr.write(`${((performance.now() - since) / 1_000).toFixed(1).padStart(6)} s  ${line}\n`)
}

/** What was started, in the order in which it should be stopped. */
const running: Kept[] = []

const startSource = async (folder: DemoFolder, args: DemoArguments): Promise<DemoSource> => {
  const { model, kept } = await startModel(folder, report)
  if (kept !== null) running.unshift(kept)
  const manifests = demoManifests(folder.folder('manifests'), model, report)
  if (!args.kubernetes) return { manifests }
  const kubernetes = await startKubernetes(folder, report)
  running.unshift(kubernetes.kept)
  if (args.once !== undefined) await kubernetes.apply(manifests)
  return { manifests, kubeconfig: kubernetes.kubeconfig }
}

/** Before anything is started: what cannot work in the end need not begin. */
const checkPorts = async ({ port, gateways }: DemoArguments): Promise<void> => {
  for (let n = 0; n < gateways; n += 1) await choosePort('The gateway', port + n)
}

const startAll = async (folder: DemoFolder, args: DemoArguments) => {
  await checkPorts(args)
  const [stores, source] = await Promise.all([
    startStores(folder, report),
    startSource(folder, args),
    buildWebchat(),
  ])
  running.push(...stores.kept)
  const platform = await startPlatform({ folder, stores, source, args, report })
  running.unshift(...platform.services)
  if (source.kubeconfig === undefined || args.once !== undefined)
    await awaitTenants(platform.operator.adminUrl, ['acme', 'globex'], 30_000)
  return { stores, source, platform }
}

const talk = (args: DemoArguments, platform: Platform, text: string): Promise<string> => {
  const [gateway = `http://127.0.0.1:${args.port}`] = platform.gatewayUrls
  return talkOnce({
    gateway,
    tenant: 'acme',
    agent: 'support',
    text,
    write: (part) => process.stdout.write(part),
  })
}

const stopAll = async (): Promise<void> => {
  for (const kept of running.splice(0)) await kept.stop()
}

const interruptedExitCode = 130
const progress = { ready: false }

/** Resolves with the exit code when a signal asks for the end, or when whoever started this was killed. */
const askedToStop = (): Promise<number> =>
  new Promise((resolve) => {
    const stop = (reason: string): void => {
      report(`Stopping: ${reason}.`)
      resolve(progress.ready ? 0 : interruptedExitCode)
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop)
    const parent = process.ppid
    setInterval(() => {
      if (process.ppid !== parent) stop('its parent is gone')
    }, 1_000).unref()
  })

const refuseSecond = (): never => {
  throw new KonstructError('PART_UNAVAILABLE', {
    message: 'Another demo runs on this machine: stop it first, its data can be used by one at a time.',
  })
}

const run = async (folder: DemoFolder, args: DemoArguments): Promise<number> => {
  const { stores, source, platform } = await startAll(folder, args)
  if (args.once !== undefined) return (await talk(args, platform, args.once)) === 'answered' ? 0 : 1
  const logs = folder.folder('logs')
  printTable({ stores, platform, source, logs }, (text) => process.stdout.write(text))
  progress.ready = true
  return asked
}

/** What was not yet noted in `running` when a signal came ends with this process: it is on its leash. */
const runUntilAsked = async (folder: DemoFolder, args: DemoArguments): Promise<number> => {
  try {
    return await Promise.race([run(folder, args), asked])
  } finally {
    await stopAll()
    report('Everything that the demo started has ended.')
  }
}

const asked = askedToStop()
try {
  const args = readArguments(process.argv.slice(2))
  const folder = openDemoFolder()
  process.exitCode = await holdLock(`demo in ${folder.path}`, () => runUntilAsked(folder, args), refuseSecond)
} catch (thrown) {
  const error = asKonstructError(thrown)
  process.stderr.write(`\n${error.code === 'INTERNAL' ? String((thrown as Error).stack) : error.message}\n`)
  process.exitCode = 1
}
process.exit()
