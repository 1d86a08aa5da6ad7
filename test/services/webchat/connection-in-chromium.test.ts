import assert from 'node:assert/strict'
import { waitUntil } from '../../support/wait-until.ts'
import { chatPage, newestTalk, pageBench, say } from './page-bench.ts'

describe("the chat page's connection in real Chromium", function () {
  this.timeout(60_000)
  const bench = pageBench()

  it('loses nothing when it breaks in the middle of a reply and of a send', async () => {
    const { page, talk, turn } = await bench.talk()
    talk.write(turn, 'one ')
    await page.locator('.reply').getByText('one').waitFor()
    bench.gateway.drop(1006)
    talk.write(turn, 'two ')
    talk.write(turn, 'three')
    await page.locator('.reply').getByText('one two three').waitFor()
    bench.gateway.loseNext = true
    await say(page, 'not lost')
    await waitUntil({ until: 'it has arrived' }, () => talk.questions('not lost').length === 1)
    const sends = bench.gateway.frames.flatMap((frame) =>
      frame.type === 'send' && frame.text === 'not lost' ? [frame.id] : [],
    )
    assert.deepEqual([sends.length, new Set(sends).size], [2, 1])
    await page.locator('.own.sending').waitFor({ state: 'detached' })
    assert.equal(await page.locator('.bubble', { hasText: 'not lost' }).count(), 1)
  })

  it('asks for an event that it missed, without a reconnect', async () => {
    const { page, talk, turn } = await bench.talk()
    talk.write(turn, 'a')
    talk.emit({ kind: 'delta', turn, attempt: 1, text: 'b' }, true)
    talk.emit({ kind: 'delta', turn, attempt: 1, text: 'c' })
    await page.locator('.reply').getByText('abc').waitFor()
  })

  it('says when it is away, and sends what was said meanwhile, over a reload too', async () => {
    const { page, talk } = await bench.talk()
    bench.gateway.tellAll({ type: 'reconnect', afterMs: 60_000 })
    bench.gateway.drop(1012)
    await page.getByRole('status').getByText('Connection lost. Reconnecting…').waitFor()
    await say(page, 'said while away')
    await page.getByText('Sending…').waitFor()
    await page.reload()
    await waitUntil({ until: 'it has arrived' }, () => talk.questions('said while away').length === 1)
  })

  it('comes back at once when the reader asks for it', async () => {
    const { page, talk, turn } = await bench.talk()
    bench.gateway.tellAll({ type: 'reconnect', afterMs: 60_000 })
    bench.gateway.drop(1012)
    await page.getByRole('button', { name: 'Try now' }).click()
    await page.getByText('Connection lost. Reconnecting…').waitFor({ state: 'detached' })
    talk.write(turn, 'still here')
    await page.locator('.reply').getByText('still here').waitFor()
  })

  it('becomes a new visitor when the token is refused, and takes along what was not accepted', async () => {
    const page = await bench.open()
    await page.getByText('AI agent').waitFor()
    bench.gateway.drop(4401)
    await say(page, 'as someone else')
    assert.equal((await newestTalk(bench.gateway)).user, 'visitor-2')
  })

  it('stays away after 4403, and says so', async () => {
    const page = await bench.open()
    await page.getByText('AI agent').waitFor()
    bench.gateway.drop(4403)
    await page.getByRole('alert').getByText('This chat is closed').waitFor()
  })

  it('asks people of a tenant without visitors to sign in, and takes the token that the address carries', async () => {
    bench.gateway.takesVisitors = false
    const page = await bench.open()
    await page.getByRole('alert').getByText('Please sign in').waitFor()
    await page.goto('about:blank')
    await page.goto(`${chatPage}#token=of-an-employee`)
    await page.getByText('AI agent').waitFor()
    assert.equal(page.url(), chatPage)
    await page.reload()
    await page.getByText('AI agent').waitFor()
    await say(page, 'hello')
    assert.equal((await newestTalk(bench.gateway)).user, 'of-an-employee')
  })

  it('asks people to sign in when the token that the address carried is refused, and forgets it', async () => {
    const page = await bench.open(`${chatPage}#token=of-an-employee`)
    await page.getByText('AI agent').waitFor()
    bench.gateway.drop(4401)
    await page.getByRole('alert').getByText('Please sign in').waitFor()
    assert.equal(await page.evaluate('sessionStorage.length'), 0)
  })
})
