import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { bundle } from '../../../dev/build-webchat.ts'
import { browser } from '../../support/browser.ts'
import { hostileReplies } from './hostile-replies.ts'

declare const showAll: (text: string) => string[]
declare const textOf: () => string

/** A page without any policy of its own: what the renderer lets through would run and load here. */
const origin = 'http://chat.test'

describe('markdown in real Chromium', function () {
  this.timeout(120_000)
  let folder: string
  let context: BrowserContext
  let page: Page
  const asked: string[] = []
  const ran: string[] = []

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'konstruct-markdown-'))
    await bundle({ harness: join(import.meta.dirname, 'in-browser/markdown-harness.ts') }, folder)
    context = await (await browser()).newContext()
    page = await context.newPage()
    await page.exposeFunction('pwn', () => void ran.push('pwn'))
    page.on('dialog', (dialog) => void ran.push(dialog.type()))
    page.on('framenavigated', (frame) => void (frame.url().startsWith(origin) || ran.push(frame.url())))
    await page.route('**/*', (route) => {
      const url = route.request().url()
      if (url === `${origin}/`)
        return route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>x</title>' })
      asked.push(url)
      return route.abort()
    })
    await page.goto(`${origin}/`)
    await page.evaluate(await readFile(join(folder, 'harness.js'), 'utf8'))
  })

  after(async () => {
    await context?.close()
    await rm(folder, { recursive: true, force: true })
  })

  for (const reply of hostileReplies)
    it(`lets nothing of it through: ${JSON.stringify(reply).slice(0, 90)}`, async () => {
      assert.deepEqual(await page.evaluate((text) => showAll(text), reply), [])
    })

  it('made no request and ran no script for any of them', async () => {
    await page.waitForLoadState('networkidle')
    assert.deepEqual({ asked, ran }, { asked: [], ran: [] })
  })

  const text = async (markdown: string): Promise<string> => {
    await page.evaluate((markdown) => showAll(markdown), markdown)
    return page.evaluate(() => textOf())
  }

  it('shows an image as what it says', async () => {
    assert.match(await text('see ![a red door](https://evil.test/x)!'), /see a red door!/)
  })

  it('shows markup as it was written', async () => {
    assert.match(await text('use <b>bold</b> here'), /use <b>bold<\/b> here/)
  })

  it('tells where a link goes, beside its text', async () => {
    assert.match(await text('[our guide](https://docs.example/a)'), /our guide \(docs\.example\)/)
  })

  it('numbers a list from where it was told to', async () => {
    await text('4. four\n5. five\n\nbetween\n\n0. zero')
    const starts = page.locator('ol').evaluateAll((lists) => lists.map((list) => list.getAttribute('start')))
    assert.deepEqual(await starts, ['4', '0'])
  })

  it('keeps what markdown is for', async () => {
    await text(
      '# Title\n\n1. one\n2. **two**\n\n> quote\n\n| a | b |\n|---|---|\n| `c` | d |\n\n```js\nlet x\n```',
    )
    for (const selector of [
      'h1',
      'ol > li strong',
      'blockquote',
      'table td code',
      '.code pre code.language-js',
    ])
      assert.equal(await page.locator(selector).count(), 1, selector)
  })
})
