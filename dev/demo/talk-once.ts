// Sends one message as a visitor would, over the real WebSocket, and prints the reply as it comes.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { SendFrame, ServerFrame } from '../../services/shared/domain/frames.ts'
import { visitorToken } from './visitor-token.ts'

interface TalkOptions {
  /** `http://127.0.0.1:8080` */
  readonly gateway: string
  readonly tenant: string
  readonly agent: string
  readonly text: string
  readonly write: (text: string) => void
}

/** Times since the message was sent, in milliseconds; negative for what did not come. */
interface Timings {
  accepted: number
  first: number
  end: number
}

const endStates: readonly string[] = ['answered', 'failed', 'stopped']

const connect = async (options: TalkOptions): Promise<WebSocket> => {
  const token = Buffer.from(await visitorToken(options)).toString('base64url')
  const url = `${options.gateway.replace('http', 'ws')}/v1/tenants/${options.tenant}/ws`
  const socket = new WebSocket(url, ['konstruct.v1', `konstruct.bearer.${token}`])
  await once(socket, 'open')
  return socket
}

/** Close code of a token that means nothing any more: its tenant was just made anew, and the gateway has followed. */
const tokenOutdated = 4401

class Closed extends Error {
  readonly code: number

  constructor(code: number) {
    super(`The gateway closed the socket with ${code}.`)
    this.code = code
  }
}

/** Gives the turn's end state; comes back once with a new token, as the protocol asks. */
export const talkOnce = async (options: TalkOptions): Promise<string> => {
  try {
    return await talk(options)
  } catch (thrown) {
    if (thrown instanceof Closed && thrown.code === tokenOutdated) return talk(options)
    throw thrown
  }
}

const talk = async (options: TalkOptions): Promise<string> => {
  const socket = await connect(options)
  const since = performance.now()
  const timings: Timings = { accepted: -1, first: -1, end: -1 }
  const send: SendFrame = {
    type: 'send',
    id: randomUUID(),
    conversation: randomUUID(),
    agent: options.agent,
    text: options.text,
  }
  const ended = new Promise<string>((resolve, reject) => {
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString('utf8')) as ServerFrame
      const state = follow(frame, timings, performance.now() - since, options.write)
      if (state !== null) resolve(state)
    })
    socket.on('close', (code) => reject(new Closed(code)))
  })
  socket.send(JSON.stringify(send))
  const state = await ended
  socket.close()
  const ms = (value: number): string => (value < 0 ? '–' : `${value.toFixed(0)} ms`)
  options.write(
    `\n\n${state}: accepted after ${ms(timings.accepted)}, first text after ${ms(timings.first)}, end after ${ms(timings.end)}\n`,
  )
  return state
}

const follow = (
  frame: ServerFrame,
  timings: Timings,
  ms: number,
  write: (text: string) => void,
): string | null => {
  if (frame.type === 'error') throw new Error(`${frame.code}: ${frame.message}`)
  if (frame.type === 'accepted') timings.accepted = ms
  if (frame.type !== 'event') return null
  if (frame.event.kind === 'delta') {
    if (timings.first < 0) timings.first = ms
    write(frame.event.text)
  }
  if (frame.event.kind !== 'state' || !endStates.includes(frame.event.state)) return null
  timings.end = ms
  return frame.event.state
}
