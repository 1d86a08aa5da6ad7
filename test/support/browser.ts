// The shared Chromium. Each test takes a context of its own (`newContext`), which is a fresh profile, and closes it.
import { chromium, type Browser } from 'playwright-core'
import { browserFlags, findBrowser } from '../../dev/parts/browser.ts'
import { reportToStderr } from '../../dev/parts/part.ts'
import { sharedPart } from './parts.ts'

const launch = async (): Promise<{ readonly browser: Browser; stop(): Promise<void> }> => {
  const { path } = await findBrowser(reportToStderr)
  const browser = await chromium.launch({ executablePath: path, args: [...browserFlags] })
  return { browser, stop: () => browser.close() }
}

const part = sharedPart(launch)

/** Chromium, started when first asked for. */
export const browser = async (): Promise<Browser> => (await part()).browser
