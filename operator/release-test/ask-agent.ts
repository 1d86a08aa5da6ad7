// Asks an agent as a visitor of the chat page would, and gives the whole answer.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ServerFrame } from '../../services/shared/domain/frames.ts'

interface AskOptions {
  readonly gateway: string
  readonly tenant: string
  readonly agent: string
  readonly withinMs: number
}

/** Each gateway follows a new tenant within two seconds, but not all at once: the next one that is asked may be later. */
const retryMs = 250

/** @throws Error when there is no answer in time, or the turn fails */
export const askAgent = async (options: AskOptions): Promise<string> => {
  const signal = AbortSignal.timeout(options.withinMs)
  const token = await getToken(options, signal)
  const socket = await openSocket(options, token, signal)
  try {
    return await hearAnswer(socket, options, signal)
  } finally {
    socket.close()
  }
}

/** Again until a gateway takes it. */
const openSocket = async (
  { gateway, tenant }: AskOptions,
  token: string,
  signal: AbortSignal,
): Promise<WebSocket> => {
  const protocols = ['konstruct.v1', `konstruct.bearer.${Buffer.from(token).toString('base64url')}`]
  for (;;) {
    const socket = new WebSocket(`${gateway.replace('http', 'ws')}/v1/tenants/${tenant}/ws`, protocols)
    const isOpen = await new Promise((resolve) => {
      socket.addEventListener('open', () => resolve(true))
      socket.addEventListener('close', () => resolve(false))
    })
    if (isOpen === true) return socket
    await sleep(retryMs, undefined, { signal })
  }
}

const getToken = async ({ gateway, tenant }: AskOptions, signal: AbortSignal): Promise<string> => {
  for (;;) {
    const response = await fetch(`${gateway}/v1/tenants/${tenant}/visitors`, { method: 'POST', signal })
    if (response.ok) return ((await response.json()) as { token: string }).token
    if (response.status !== 404)
      throw new Error(`The gateway gave no token: ${response.status} ${await response.text()}`)
    await sleep(retryMs, undefined, { signal })
  }
}

const hearAnswer = (socket: WebSocket, { agent }: AskOptions, signal: AbortSignal): Promise<string> =>
  new Promise((resolve, reject) => {
    let answer = ''
    signal.addEventListener('abort', () =>
      reject(new Error(`There was no answer in time; so far: "${answer}".`)),
    )
    socket.addEventListener('close', ({ code }) =>
      reject(new Error(`The gateway closed the socket with ${code}.`)),
    )
    socket.addEventListener('message', ({ data }) => {
      const frame = JSON.parse(String(data)) as ServerFrame
      if (frame.type === 'error') reject(new Error(`${frame.code}: ${frame.message}`))
      if (frame.type !== 'event') return
      if (frame.event.kind === 'delta') answer += frame.event.text
      if (frame.event.kind !== 'state') return
      if (frame.event.state === 'answered') resolve(answer)
      if (frame.event.state === 'failed' || frame.event.state === 'stopped')
        reject(new Error(`The turn ended as ${frame.event.state}.`))
    })
    socket.send(
      JSON.stringify({ type: 'send', id: randomUUID(), conversation: randomUUID(), agent, text: 'Hello' }),
    )
  })
