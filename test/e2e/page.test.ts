// The chat page in a real browser, on all real parts.
import assert from 'node:assert/strict'
import type { BrowserContext, Page } from 'playwright-core'
import { browser } from '../support/browser.ts'
import { waitUntil } from '../support/wait-until.ts'
import { Platform, type TalkingTenant } from './platform.ts'

describe('The chat page, served by a gateway', function () {
  this.timeout(90_000)
  let platform: Platform
  let blue: TalkingTenant
  let context: BrowserContext
  let home: string
  /** Requests to anywhere but the gateway, and whatever the page complained of. */
  let trouble: string[]

  before(async function () {
    this.timeout(120_000)
    platform = await Platform.start()
    blue = await platform.tenant()
    home = platform.gateways[0]?.url ?? assert.fail('there is no gateway')
  })
  after(() => platform.end())

  beforeEach(async () => {
    trouble = []
    context = await (await browser()).newContext()
    context.on('request', (request) => {
      if (!request.url().startsWith(home)) trouble.push(request.url())
    })
    context.on('weberror', (error) => trouble.push(error.error().message))
  })
  afterEach(() => context.close())

  const open = async (): Promise<Page> => {
    const page = await context.newPage()
    await page.goto(`${home}/chat/${blue.tenant}`)
    await page.locator('textarea').waitFor()
    return page
  }

  const say = async (page: Page, text: string): Promise<void> => {
    await page.locator('textarea').fill(text)
    // It can be pressed when the gateway has said who the reader is.
    await page.getByRole('button', { name: 'Send' }).click()
  }

  const replies = (page: Page): Promise<string[]> => page.locator('.reply .markdown').allInnerTexts()

  /** Waits until every page shows exactly what the model has said since then. */
  const show = (
    pages: readonly Page[],
    { since, count }: { readonly since: number; readonly count: number },
  ) =>
    waitUntil({ until: `the pages show ${count} replies`, deadlineMs: 30_000 }, async () => {
      const said = blue.model.calls.slice(since).map(({ answer }) => answer.trim())
      const shown = await Promise.all(pages.map(replies))
      const same = shown.every((texts) => texts.map((text) => text.trim()).join('|') === said.join('|'))
      return said.length === count && same
    })

  it('I5: shows in every tab, and again after a reload, what the model said', async () => {
    const since = blue.model.calls.length
    const page = await open()
    await say(page, 'Hello')
    await show([page], { since, count: 1 })
    const other = await open()
    await other.getByRole('button', { name: /Hello/ }).click()
    await show([other], { since, count: 1 })
    await say(other, 'And again')
    await show([page, other], { since, count: 2 })
    await page.reload()
    await page.getByRole('button', { name: /Hello/ }).click()
    await show([page], { since, count: 2 })
    assert.deepEqual(trouble, [])
  })

  it('I1 I2 I5: loses nothing when its gateway is killed in the middle of a reply and comes back', async () => {
    const since = blue.model.calls.length
    const page = await open()
    blue.model.pace = { words: 40, everyMs: 50 }
    await say(page, 'Take your time')
    await waitUntil({ until: 'it is being written', deadlineMs: 30_000 }, async () =>
      (await replies(page)).some((text) => text !== ''),
    )
    const [gateway] = platform.gateways
    const { port } = new URL(home)
    await platform.kill(gateway ?? assert.fail('there is no gateway'))
    const back = await platform.startGateway({ KONSTRUCT_PORT: port })
    Object.assign(back, { url: `http://127.0.0.1:${port}` })
    await show([page], { since, count: 1 })
    assert.equal(blue.model.calls.length, since + 1)
  })
})
