import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { field, isFocused, newestTalk, pageBench, say } from './page-bench.ts'
import { home } from './scripted-gateway.ts'

const host = 'https://shop.test/'

describe('the chat as an element of another page', function () {
  this.timeout(60_000)
  const bench = pageBench()

  const openHost = (content: string): Promise<Page> => {
    const widget = `<script src="${home}/widget.js" async></script>`
    bench.gateway.addPage(
      host,
      `<!doctype html><html lang="en"><title>Shop</title>${content}${widget}</html>`,
    )
    return bench.open(host)
  }

  it('connects to where its script came from, once it is opened', async () => {
    const page = await openHost('<konstruct-chat tenant="acme" agent="support"></konstruct-chat>')
    await page.getByRole('button', { name: 'Open chat' }).click()
    await page.getByRole('dialog', { name: 'Chat' }).getByText('Hello, I am Ava').first().waitFor()
    assert.ok(await isFocused(field(page)))
    await say(page, 'from the shop')
    await newestTalk(bench.gateway)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    assert.ok(await isFocused(page.getByRole('button', { name: 'Open chat' })))
  })

  it('asks for nothing before it is opened', async () => {
    const page = await openHost('<konstruct-chat tenant="acme"></konstruct-chat>')
    await page.getByRole('button', { name: 'Open chat' }).waitFor()
    assert.equal(bench.gateway.visitors, 0)
  })

  it('is untouched by the styles of the page around it', async () => {
    const styles = '* { display: none !important } html, body, konstruct-chat { display: block !important }'
    const page = await openHost(
      `<style>${styles}</style><konstruct-chat tenant="acme" layout="inline"></konstruct-chat>`,
    )
    await field(page).waitFor({ state: 'visible' })
  })

  it('asks the page for a token, and again when it is refused', async () => {
    const script = `
      const chat = document.createElement('konstruct-chat')
      let asked = 0
      Object.assign(chat, { tenant: 'acme', layout: 'inline', getToken: async () => 'jwt-' + ++asked })
      document.body.append(chat)`
    const page = await openHost('')
    await page.waitForFunction("customElements.get('konstruct-chat')")
    await page.evaluate(script)
    await page.getByText('AI agent').waitFor()
    bench.gateway.drop(4401)
    await say(page, 'renewed')
    assert.equal((await newestTalk(bench.gateway)).user, 'jwt-2')
  })

  it('tells the page when its people have to sign in', async () => {
    bench.gateway.takesVisitors = false
    const page = await openHost(
      '<script>addEventListener("konstruct-sign-in-needed", () => (document.title = "sign in"))</script><konstruct-chat tenant="acme" layout="inline"></konstruct-chat>',
    )
    await page.waitForFunction("document.title === 'sign in'")
  })
})
