import assert from 'node:assert/strict'
import { waitUntil } from '../../support/wait-until.ts'
import { hostileReplies } from './hostile-replies.ts'
import { chatPage, field, isFocused, lastReply, newestTalk, pageBench, say } from './page-bench.ts'

describe('the chat page in real Chromium', function () {
  this.timeout(60_000)
  const bench = pageBench()

  it('greets, and lets the reader choose whom to talk to', async () => {
    const page = await bench.open()
    await page.getByText('Hello, I am Ava. How can I help?').first().waitFor()
    await page.getByRole('radio', { name: /Paul Weber/ }).check({ force: true })
    await say(page, 'about my pay')
    assert.equal((await newestTalk(bench.gateway)).agent, 'payroll')
  })

  it('lets the reader type at once', async () => {
    const page = await bench.open()
    await waitUntil({ until: 'the field has the focus' }, () => isFocused(field(page)))
    await page.keyboard.type('Hello')
    assert.equal(await field(page).inputValue(), 'Hello')
  })

  it('begins with the agent that the address names', async () => {
    const page = await bench.open(`${chatPage}?agent=payroll`)
    await page.getByRole('heading', { name: 'Paul Weber' }).first().waitFor()
  })

  it('shows a reply while it is written, and what the agent does before', async () => {
    const { page, talk, turn } = await bench.talk()
    talk.state(turn, 'thinking')
    await page.getByText('Thinking…').waitFor()
    talk.state(turn, 'writing')
    talk.write(turn, 'First ')
    await page.getByText('First').waitFor()
    talk.write(turn, 'then **second**')
    assert.equal(await page.locator('.reply strong').textContent(), 'second')
    talk.finish(turn)
    await page.locator('.stop').waitFor({ state: 'detached' })
    assert.equal((await lastReply(page).innerText()).trim(), 'First then second')
  })

  it('shows the whole message in the end, whatever came before', async () => {
    const { page, talk, turn } = await bench.talk()
    talk.write(turn, 'half of')
    talk.finish(turn, 'complete', 'The whole reply.')
    await page.locator('.reply').getByText('The whole reply.').waitFor()
    assert.equal(await page.locator('.reply').count(), 1)
  })

  it('stops a reply, keeps what was written, and says so', async () => {
    const { page, talk, turn } = await bench.talk()
    talk.write(turn, 'So far')
    await page.getByRole('button', { name: 'Stop this reply' }).click()
    await waitUntil({ until: 'the stop has arrived' }, () =>
      bench.gateway.frames.some((frame) => frame.type === 'stop' && frame.turn === turn),
    )
    talk.finish(turn, 'stopped')
    await page.getByText('Stopped here at your request.').waitFor()
    assert.equal((await lastReply(page).innerText()).trim(), 'So far')
  })

  it('lets a failed turn be asked again', async () => {
    const { page, talk, turn } = await bench.talk('why?')
    talk.write(turn, 'Because')
    talk.finish(turn, 'failed')
    await page.locator('.failure').getByText('No answer could be written just now').waitFor()
    await page.getByRole('button', { name: 'Ask again' }).click()
    await waitUntil({ until: 'it was asked twice' }, () => talk.questions('why?').length === 2)
  })

  it('shows a refused send with its reason; it can be sent again or edited', async () => {
    bench.gateway.refuseNext = 'RATE_LIMITED'
    const page = await bench.open()
    await page.getByText('AI agent').waitFor()
    await say(page, 'too fast')
    await page.getByText('That was a lot at once').waitFor()
    bench.gateway.refuseNext = 'OVERLOADED'
    await page.getByRole('button', { name: 'Send again' }).click()
    await page.getByText('Many people are asking').waitFor()
    await page.getByRole('button', { name: 'Edit' }).click()
    await waitUntil(
      { until: 'it can be edited' },
      async () => (await field(page).inputValue()) === 'too fast',
    )
    await page.locator('.refused').waitFor({ state: 'detached' })
  })

  it('lets a refused send be sent again when the time has come that the refusal named', async () => {
    bench.gateway.refuseNext = 'RATE_LIMITED'
    bench.gateway.retryAfterMs = 3_000
    const page = await bench.open()
    await page.getByText('AI agent').waitFor()
    await say(page, 'too fast')
    await page.getByRole('button', { name: 'Send again', disabled: true }).waitFor()
    await page.getByRole('button', { name: 'Send again', disabled: false }).click()
    assert.equal((await newestTalk(bench.gateway)).questions('too fast').length, 1)
  })

  it("sends again by itself what failed by the gateway's own fault", async () => {
    bench.gateway.refuseNext = 'INTERNAL'
    const page = await bench.open()
    await page.getByText('AI agent').waitFor()
    await say(page, 'not my fault')
    assert.equal((await newestTalk(bench.gateway)).questions('not my fault').length, 1)
    await page.locator('.own.sending').waitFor({ state: 'detached' })
    assert.equal(await page.locator('.refused').count(), 0)
  })

  it('asks before what cannot be undone, with the exact call', async () => {
    const { page, talk, turn } = await bench.talk()
    talk.state(turn, 'waiting_for_confirmation')
    const call = { tool: 'delete_order', arguments: { order: 4711, note: '<b>x</b>' } }
    const expiresAt = new Date(Date.now() + 300_000).toISOString()
    talk.emit({ kind: 'confirmation', confirmation: 'c1', ...call, expiresAt })
    const card = page.getByRole('region', { name: 'Your decision is needed' })
    assert.deepEqual(JSON.parse(await card.locator('pre').innerText()), call.arguments)
    await card.getByRole('button', { name: 'Yes, do it' }).click()
    await waitUntil({ until: 'the decision has arrived' }, () =>
      bench.gateway.frames.some((frame) => frame.type === 'decide' && frame.decision === 'approve'),
    )
    talk.state(turn, 'using_tool')
    await card.waitFor({ state: 'detached' })
  })

  it('keeps tabs in step', async () => {
    const { page, talk, turn } = await bench.talk('in one tab')
    const other = await bench.open()
    await other.locator('.bubble', { hasText: 'in one tab' }).waitFor()
    talk.write(turn, 'for both')
    await other.locator('.reply').getByText('for both').waitFor()
    await say(other, 'in the other')
    await page.locator('.bubble', { hasText: 'in the other' }).waitFor()
    assert.equal(await other.locator('.bubble', { hasText: 'in the other' }).count(), 1)
  })

  it('tells other tabs of a new conversation', async () => {
    const one = await bench.open()
    const other = await bench.open()
    await other.getByText('Your conversations will appear here.').waitFor()
    await one.getByText('AI agent').waitFor()
    await say(one, 'a new matter')
    await other.locator('.conversation', { hasText: 'a new matter' }).waitFor()
  })

  it('shows history and the list of conversations on return', async () => {
    const { page, talk, turn } = await bench.talk('the first matter')
    talk.write(turn, 'An answer.')
    talk.finish(turn)
    await page.locator('.reply').getByText('An answer.').waitFor()
    await page.getByRole('button', { name: 'New conversation' }).first().click()
    await say(page, 'the second matter')
    await waitUntil({ until: 'there are two conversations' }, () => bench.gateway.talks.size === 2)
    await page.locator('.conversation', { hasText: 'the second matter' }).waitFor()
    await page.close()
    const again = await bench.open()
    await again.locator('.bubble', { hasText: 'the second matter' }).waitFor()
    await again.locator('.conversation', { hasText: 'the first matter' }).click()
    await again.locator('.reply').getByText('An answer.').waitFor()
  })

  it('loads earlier messages when the reader goes back, and keeps the place', async () => {
    const { page, talk, turn } = await bench.talk('question 0')
    talk.finish(turn, 'complete', 'Answer 0.')
    for (let i = 1; i < 30; i++)
      talk.finish(talk.ask(`question ${i}`), 'complete', `Answer ${i}. `.repeat(60))
    await page.reload()
    await page.getByText('question 29', { exact: true }).waitFor()
    const anchor = page.locator('.bubble').first()
    const text = await anchor.innerText()
    const far = await page.locator('.entry').count()
    await page.locator('.scroller').evaluate((scroller) => (scroller.scrollTop = 40))
    await waitUntil({ until: 'there are more' }, async () => (await page.locator('.entry').count()) > far)
    const box = await page.locator('.bubble', { hasText: new RegExp(`^${text}$`) }).boundingBox()
    assert.ok(box !== null && box.y > 0 && box.y < 800, `what was read is at ${box?.y}`)
  })

  it('asks for nothing and runs nothing, whatever a reply holds, while it is written', async () => {
    const { page, talk, turn } = await bench.talk()
    await page.exposeFunction('pwn', () => void bench.errors.push('pwn'))
    for (const [index, reply] of hostileReplies.entries()) {
      const next = talk.ask(`question ${index}`)
      for (const piece of reply.match(/[\s\S]{1,9}/g) ?? []) talk.write(next, piece)
      if (index % 8 === 0)
        await page
          .locator('.bubble', { hasText: `question ${index}` })
          .first()
          .waitFor()
      talk.finish(next)
    }
    talk.finish(turn, 'complete', 'The end.')
    await page.locator('.reply').getByText('The end.').waitFor()
    const strange =
      'img, svg, iframe, object, embed, video, audio, style, link, form, input, [style], [onerror], [srcset]'
    assert.equal(await page.locator('.markdown').locator(strange).count(), 0)
  })
})
