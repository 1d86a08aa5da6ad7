// What every test of the page in Chromium needs: the built page, a scripted gateway behind it, and a context of its
// own for each test. After each test nothing may have been asked for elsewhere, and no policy or script have failed.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { buildWebchat } from '../../../dev/build-webchat.ts'
import { browser } from '../../support/browser.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { home, ScriptedGateway } from './scripted-gateway.ts'
import type { Talk } from './talk.ts'

export const chatPage = `${home}/chat/acme`
export const desktop = { viewport: { width: 1280, height: 800 } }
export const phone = { viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true }

export interface OpenTalk {
  readonly page: Page
  readonly talk: Talk
  /** The turn of what was said. */
  readonly turn: string
}

export interface PageBench {
  readonly gateway: ScriptedGateway
  readonly context: BrowserContext
  /** What went wrong in a page; a test may add to it. */
  readonly errors: string[]
  /** Another kind of device instead of the desktop. */
  use(options: BrowserContextOptions): Promise<void>
  open(url?: string): Promise<Page>
  /** A page that has said one thing, and the conversation as the gateway has it. */
  talk(text?: string): Promise<OpenTalk>
}

export const field = (page: Page): Locator => page.locator('textarea')
export const lastReply = (page: Page): Locator => page.locator('.reply .markdown').last()
export const isFocused = (locator: Locator): Promise<boolean> =>
  locator.evaluate((element) => element.matches(':focus'))

export const say = async (page: Page, text: string): Promise<void> => {
  await field(page).fill(text)
  await field(page).press('Enter')
}

/** The newest conversation that the gateway has. */
export const newestTalk = (gateway: ScriptedGateway): Promise<Talk> =>
  waitUntil({ until: 'a conversation has begun' }, () => [...gateway.talks.values()].at(-1))

/** Call it inside a `describe`: it adds the hooks. */
export const pageBench = (): PageBench => {
  let folder = ''
  let gateway: ScriptedGateway
  let context: BrowserContext
  const errors: string[] = []

  const use = async (options: BrowserContextOptions): Promise<void> => {
    await context?.close()
    context = await (await browser()).newContext(options)
    context.on('page', (page) => watch(page, errors))
    await gateway.serve(context)
  }

  const open = async (url = chatPage): Promise<Page> => {
    const page = await context.newPage()
    await page.goto(url)
    return page
  }

  const talk = async (text = 'hello'): Promise<OpenTalk> => {
    const page = await open()
    await page.getByText('AI agent').waitFor()
    await say(page, text)
    const begun = await newestTalk(gateway)
    // The page follows what it has begun. Before it was answered, what a test lets happen could be overtaken by the answer.
    await waitUntil({ until: 'the page follows' }, () =>
      gateway.frames.some((frame) => frame.type === 'subscribe' && frame.conversation === begun.id),
    )
    return { page, talk: begun, turn: begun.messages[0]?.turn ?? '' }
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'konstruct-webchat-'))
    await buildWebchat(folder)
  })
  after(() => rm(folder, { recursive: true, force: true }))
  beforeEach(async () => {
    errors.length = 0
    gateway = new ScriptedGateway(folder)
    await use(desktop)
  })
  afterEach(async () => {
    await context.close()
    assert.deepEqual({ errors, foreign: gateway.foreign }, { errors: [], foreign: [] })
  })

  return {
    get gateway() {
      return gateway
    },
    get context() {
      return context
    },
    errors,
    use,
    open,
    talk,
  }
}

const watch = (page: Page, errors: string[]): void => {
  page.on('pageerror', (error) => void errors.push(error.message))
  page.on(
    'console',
    (line) => void (/Content Security|Trusted/.test(line.text()) && errors.push(line.text())),
  )
}
