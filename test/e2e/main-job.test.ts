// The main job from end to end: manifests in a folder, an operator, a gateway, an orchestrator, a visitor.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { aModel, anAgent, aTenant, manifestsOf } from '../operator/manifests.ts'
import { Platform } from './platform.ts'

describe('Manifests in a folder and a visitor at a gateway', function () {
  this.timeout(60_000)
  let platform: Platform

  before(async function () {
    this.timeout(120_000)
    platform = await Platform.start({ operator: true })
  })
  after(() => platform.end())

  it('I1 I2 I5: what the visitor says is answered with deltas, and the final message is what history has', async () => {
    const model = await platform.model('blue')
    const resources = [
      aTenant('acme', { spec: { models: [aModel('default', { baseURL: model.baseURL })] } }),
      anAgent('support', 'acme', { spec: { instructions: 'You are Ava.' } }),
    ]
    writeFileSync(join(platform.manifests, 'acme.yaml'), manifestsOf(...resources))
    await platform.knows('acme')
    const visitor = await platform.person('acme')
    const said = visitor.say('Hello, who are you?')
    await visitor.reading(said)
    const reply = await visitor.answered(said)
    const [call] = model.calls
    assert.equal(call?.instructions, 'You are Ava.')
    assert.equal(reply.text, call.answer)
    const { conversation } = said.frame
    const view = visitor.view(conversation)
    assert.deepEqual(await visitor.history(conversation), [...view.messages.values()])
    assert.deepEqual([view.faults, view.rewritten.size, view.live.size], [[], 0, 0])
    assert.equal(model.calls.length, 1)
  })
})
