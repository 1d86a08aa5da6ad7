// Calls the model itself, as plainly as can be: what it takes to its first word is not Konstruct's. The prompt is as long
// as one that Konstruct builds from a full short memory.
import { Agent, request } from 'node:http'
import { type Line, stopwatch } from './line.ts'

const exchanges = 10

const body = JSON.stringify({
  model: 'instant',
  stream: true,
  stream_options: { include_usage: true },
  messages: [
    { role: 'system', content: 'Answer at once.' },
    ...Array.from({ length: exchanges }, () => [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Here it is, at once.' },
    ]).flat(),
    { role: 'user', content: 'Hello' },
  ],
})

/** The first chunk of an answer tells the role, with a text that is empty. */
const firstWord = /"content":"[^"]/

export const openModelCall = (baseUrl: string): Line => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  const ask: Line['ask'] = () => {
    const first = Promise.withResolvers<number>()
    const ended = Promise.withResolvers<void>()
    const fail = (error: Error): void => {
      first.reject(error)
      ended.reject(error)
    }
    // Whoever awaits one of them hears of a failure; the other one may never be awaited.
    for (const promise of [first.promise, ended.promise]) promise.catch(() => {})
    const elapsed = stopwatch()
    const call = request(`${baseUrl}/chat/completions`, { method: 'POST', agent, headers }, (response) => {
      response.on('data', (chunk: Buffer) => {
        if (firstWord.test(chunk.toString('utf8'))) first.resolve(elapsed())
      })
      response.on('end', () => ended.resolve())
      response.on('error', fail)
    })
    call.setNoDelay(true)
    call.on('error', fail)
    call.end(body)
    return { first: first.promise, ended: ended.promise }
  }
  return { ask, close: () => agent.destroy() }
}
