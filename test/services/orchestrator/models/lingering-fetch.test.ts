import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent } from 'undici'
import { lingeringFetch } from '../../../../services/orchestrator/models/lingering-fetch.ts'
import { startScriptedModel, type ModelScript, type ScriptedModel } from '../scripted-model.ts'

const mebibyte = 1_048_576

describe('The fetch of an answer', () => {
  let server: ScriptedModel
  let connections: Agent
  beforeEach(async () => {
    server = await startScriptedModel()
    connections = new Agent()
  })
  afterEach(async () => {
    await connections.destroy()
    await server.close()
  })

  const bytesOf = async (script: ModelScript): Promise<number> => {
    server.script = script
    const answer = await lingeringFetch(`${server.baseURL}/chat/completions`, {
      method: 'POST',
      body: '{}',
      headers: new Headers(),
      signal: new AbortController().signal,
      dispatcher: connections,
    } as object)
    return (await answer.bytes()).length
  }

  it('takes an answer of any length, of events that have an end', async () => {
    for (const end of ['\n\n', '\r\r', '\r\n\r\n']) {
      const event = `data: ${'x'.repeat(mebibyte)}${end}`
      const bytes = await bytesOf(async (answer) => {
        for (let n = 0; n < 6; n += 1) {
          // In two pieces that meet within the end.
          answer.raw(event.slice(0, -1))
          await sleep(5)
          answer.raw(event.slice(-1))
        }
        answer.end()
      })
      assert.equal(bytes, 6 * event.length)
    }
  })

  it('gives up an event without end, before it fills the memory, and hangs up', async () => {
    let sent = 0
    const flood = bytesOf(async (answer, { closed }) => {
      answer.raw('data: a first one\n\n')
      while (!closed.aborted && sent < 64) {
        answer.raw(`data: ${'x'.repeat(mebibyte)}\n`)
        sent += 1
        await sleep(10)
      }
      answer.end()
    })
    await assert.rejects(flood, { fault: 'endless' })
    assert.ok(sent < 32, `${sent} MiB`)
  })
})
