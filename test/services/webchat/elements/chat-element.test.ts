import assert from 'node:assert/strict'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { waitUntil } from '../../../support/wait-until.ts'
import { desktop, field, isFocused, newestTalk, pageBench, phone, say } from '../page-bench.ts'

interface AxeResult {
  readonly violations: readonly {
    readonly id: string
    readonly impact: string
    readonly nodes: readonly { readonly html: string }[]
  }[]
}

/** Run by Chromium itself, which the page's own policy does not bind. */
const serious = async (page: Page): Promise<readonly string[]> => {
  await page.evaluate(`${axe.source}; void 0`)
  const { violations } = await page.evaluate<AxeResult>('axe.run()')
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

const reply = [
  'Text with `code`, [a link](https://a.example) and',
  '> a quote',
  '```js\nlet a\n```',
  '| a | b |\n|---|---|\n| c | d |',
].join('\n\n')

describe('the chat element, for everybody', function () {
  this.timeout(60_000)
  const bench = pageBench()

  it('works by keyboard alone', async () => {
    const page = await bench.open()
    await page.getByRole('radio').first().focus()
    await page.keyboard.press('ArrowDown')
    await page.getByRole('heading', { name: 'Paul Weber' }).first().waitFor()
    for (let i = 0; i < 8 && !(await isFocused(field(page))); i++) await page.keyboard.press('Tab')
    await page.keyboard.type('line one')
    await page.keyboard.press('Shift+Enter')
    await page.keyboard.type('line two')
    await page.keyboard.press('Enter')
    const [question] = (await newestTalk(bench.gateway)).messages
    assert.equal(question?.text, 'line one\nline two')
    assert.ok(await isFocused(field(page)))
    await page.keyboard.press('Tab')
    assert.ok(await isFocused(page.getByRole('button', { name: 'Stop this reply' })))
  })

  it('reads finished replies out, and no half ones', async () => {
    const { page, talk, turn } = await bench.talk()
    const ear = page.locator('[aria-live="polite"]')
    const heard = (text: string): Promise<boolean> =>
      waitUntil({ until: `"${text}" is read out` }, async () => (await ear.textContent()) === text)
    await heard('Ava is writing')
    talk.write(turn, 'Half a')
    await page.locator('.reply').getByText('Half a').waitFor()
    assert.equal(await ear.textContent(), 'Ava is writing')
    talk.write(turn, ' **reply**')
    talk.finish(turn)
    await heard('Ava: Half a reply')
  })

  it('reads out that a reply begins, also when a slow page shows all that led to it at once', async () => {
    const page = await bench.open()
    await page.getByText('AI agent').waitFor()
    await page.evaluate('window.requestAnimationFrame = (show) => setTimeout(show, 1000)')
    await say(page, 'hello')
    const ear = page.locator('[aria-live="polite"]')
    await waitUntil({ until: 'it is read out' }, async () => (await ear.textContent()) === 'Ava is writing')
  })

  it('opens the list over the chat on a phone, and closes it with Escape', async () => {
    await bench.use(phone)
    const { page } = await bench.talk('on the way')
    const button = page.getByRole('button', { name: 'Conversations' })
    const list = page.getByRole('navigation', { name: 'Conversations' })
    await button.click()
    await list.getByText('on the way').waitFor()
    await waitUntil({ until: 'the list has the focus' }, () => isFocused(list.getByRole('button').first()))
    await page.keyboard.press('Escape')
    await list.waitFor({ state: 'detached' })
    await waitUntil({ until: 'the focus is back' }, () => isFocused(button))
  })

  it('fits a phone of 360 pixels, whatever a reply holds', async () => {
    await bench.use(phone)
    const { page, talk, turn } = await bench.talk(`a-${'long'.repeat(60)}-word`)
    const cell = '`wwwwwwwwwwwwwwww`'
    const wide = `| a | b | c | d |\n|---|---|---|---|\n| ${cell} | ${cell} | ${cell} | ${cell} |`
    const link = `[a](https://${'sub.'.repeat(20)}example.com)`
    talk.finish(turn, 'complete', [wide, `\`\`\`\n${'x'.repeat(200)}\n\`\`\``, link].join('\n\n'))
    await page.locator('.link-host').waitFor()
    assert.equal(
      await page.locator('.column').evaluate((column) => column.scrollWidth - column.clientWidth),
      0,
    )
    const box = await page.getByRole('button', { name: 'Send' }).boundingBox()
    assert.ok(box !== null && box.x + box.width <= 360 && box.y + box.height <= 640)
  })

  for (const [device, options] of [
    ['a desktop', desktop],
    ['a phone', phone],
  ] as const)
    for (const colorScheme of ['light', 'dark'] as const)
      it(`gives axe nothing serious to say on ${device}, ${colorScheme}`, async () => {
        await bench.use({ ...options, colorScheme, reducedMotion: 'reduce' })
        const { page, talk, turn } = await bench.talk()
        assert.deepEqual(await serious(page), [], 'while waiting')
        talk.finish(turn, 'complete', reply)
        await page.locator('.table').waitFor()
        assert.deepEqual(await serious(page), [], 'with a reply')
        talk.finish(talk.ask('and?'), 'failed', 'Half')
        await page.locator('.failure').waitFor()
        bench.gateway.refuseNext = 'RATE_LIMITED'
        await say(page, 'refused')
        await page.locator('.refused').waitFor()
        assert.deepEqual(await serious(page), [], 'with errors')
        if (options === phone) await page.getByRole('button', { name: 'Conversations' }).click()
        assert.deepEqual(await serious(page), [], 'with the list')
        await page.getByRole('button', { name: 'New conversation' }).first().click()
        await page.locator('.agents').waitFor()
        assert.deepEqual(await serious(page), [], 'before the first word')
        bench.gateway.drop(4403)
        await page.locator('.ended').waitFor()
        assert.deepEqual(await serious(page), [], 'at the end')
      })
})
