// A model that gives one answer, in the way of OpenAI's chat completions.
import { once } from 'node:events'
import { createServer } from 'node:http'

interface ModelOptions {
  readonly port: number
  readonly answer: string
}

const chunk = (delta: object, finish: string | null): string =>
  `data: ${JSON.stringify({
    id: 'release-test',
    object: 'chat.completion.chunk',
    created: 0,
    model: 'release-test',
    choices: [{ index: 0, delta, finish_reason: finish }],
  })}\n\n`

export const startModel = async ({ port, answer }: ModelOptions): Promise<{ close(): void }> => {
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(`${chunk({ role: 'assistant', content: answer }, null)}${chunk({}, 'stop')}data: [DONE]\n\n`)
  })
  server.listen(port)
  await once(server, 'listening')
  return {
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
