// A Chromium that playwright-core can drive: where the environment or the PATH has one, else Debian's package, which
// needs root because it brings a hundred others. A container would not reach pages on this machine's loopback.
import { existsSync } from 'node:fs'
import { hasDebianPackages, refreshLists } from './debian-package.ts'
import { findProgram } from './find-program.ts'
import { holdLock } from './hold-lock.mjs'
import { mayComeFrom, type Origin, partUnavailable, type Report } from './part.ts'
import { runCommand } from './run-command.ts'

interface BrowserProgram {
  readonly origin: Origin
  readonly path: string
}

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const installed = '/usr/bin/chromium'
const packages = ['chromium', 'fonts-dejavu-core']
/** In seconds: whoever began another one may have been killed, and it goes on. */
const patience = ['-o', 'DPkg::Lock::Timeout=600']
const macApplications = '/Applications/Google Chrome.app/Contents/MacOS'

/** For `playwright-core`: no sandbox as root, and no calls to anyone but the page that is tested. */
export const browserFlags: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-domain-reliability',
  '--disable-sync',
  '--metrics-recording-only',
]

const onPath = (): string | undefined => {
  if (!mayComeFrom('path')) return undefined
  for (const name of names) {
    const found = findProgram(name)
    if (found !== undefined) return found
  }
  return findProgram('Google Chrome', [macApplications])
}

/** In a session of its own, so that it does not end with this process: a system is in need of repair when it is cut off. */
const install = async (report: Report): Promise<void> => {
  await refreshLists('chromium', report)
  await runCommand({
    doing: 'installing Chromium',
    command: 'setsid',
    args: ['--wait', 'apt-get', ...patience, 'install', '-y', '-q', '--no-install-recommends', ...packages],
    env: { DEBIAN_FRONTEND: 'noninteractive' },
    report,
  })
}

const unavailable = (why: string, cause?: unknown): Error =>
  partUnavailable('The browser', { why, command: 'apt-get update && apt-get install chromium', cause })

/** Finds Chromium, and installs Debian's when it has to and may. */
export const findBrowser = async (report: Report): Promise<BrowserProgram> => {
  const given = process.env['KONSTRUCT_PART_CHROMIUM']
  if (given !== undefined && given !== '') return { origin: 'environment', path: given }
  const path = onPath()
  if (path !== undefined) return { origin: 'path', path }
  if (existsSync(installed)) return { origin: 'package', path: installed }
  if (!hasDebianPackages() || process.getuid?.() !== 0)
    throw unavailable('there is no Chromium on the PATH, and only root can install Debian’s package.')
  try {
    await holdLock('apt-get install', () => install(report))
  } catch (cause) {
    throw unavailable(`Debian’s package could not be installed (${(cause as Error).message}).`, cause)
  }
  return { origin: 'package', path: installed }
}
