// A conversation of one visitor with Konstruct, over the real WebSocket. It reads no more of a frame than it must, so that
// fifty of them cost the machine little.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { SendFrame } from '../../services/shared/domain/frames.ts'
import { visitorToken } from '../demo/visitor-token.ts'
import { type Asked, type Line, stopwatch } from './line.ts'

interface ChatOptions {
  /** `http://127.0.0.1:8080` */
  readonly gateway: string
  readonly tenant: string
  readonly agent: string
  /** Every question opens a conversation of its own. */
  readonly anew?: boolean
}

interface Waiting {
  readonly elapsed: () => number
  readonly onFirst: (ms: number) => void
  readonly onEnd: () => void
  readonly onFailure: (error: Error) => void
}

const openSocket = async (options: ChatOptions): Promise<WebSocket> => {
  const token = Buffer.from(await visitorToken(options)).toString('base64url')
  const url = `${options.gateway.replace('http', 'ws')}/v1/tenants/${options.tenant}/ws`
  const socket = new WebSocket(url, ['konstruct.v1', `konstruct.bearer.${token}`])
  const welcomed = once(socket, 'message')
  await once(socket, 'open')
  await welcomed
  return socket
}

const isDelta = (frame: Buffer): boolean => frame.includes('"kind":"delta"')
const isEnd = (frame: Buffer): boolean => frame.includes('"state":"answered"')
const isFailure = (frame: Buffer): boolean =>
  frame.includes('"type":"error"') || frame.includes('"state":"failed"')

export const openChat = async (options: ChatOptions): Promise<Line> => {
  const socket = await openSocket(options)
  let conversation: string = randomUUID()
  // Turns of a conversation are answered in order, so what comes belongs to the oldest question.
  const asked: Waiting[] = []
  const fail = (why: string): void => {
    for (const { onFailure } of asked.splice(0)) onFailure(new Error(`The conversation broke off: ${why}`))
  }
  socket.on('message', (frame: Buffer) => {
    const oldest = asked[0]
    if (oldest === undefined) return
    if (isDelta(frame)) oldest.onFirst(oldest.elapsed())
    else if (isEnd(frame)) asked.shift()?.onEnd()
    else if (isFailure(frame)) fail(frame.toString('utf8'))
  })
  socket.on('close', (code) => fail(`closed with ${code}`))
  const ask = (): Asked => {
    if (options.anew === true) conversation = randomUUID()
    const { agent } = options
    const frame: SendFrame = { type: 'send', id: randomUUID(), conversation, agent, text: 'Hello' }
    const text = JSON.stringify(frame)
    const first = Promise.withResolvers<number>()
    const ended = Promise.withResolvers<void>()
    const onFailure = (error: Error): void => {
      first.reject(error)
      ended.reject(error)
    }
    // Whoever awaits one of them hears of a failure; the other one may never be awaited.
    for (const promise of [first.promise, ended.promise]) promise.catch(() => {})
    asked.push({ elapsed: stopwatch(), onFirst: first.resolve, onEnd: ended.resolve, onFailure })
    socket.send(text)
    return { first: first.promise, ended: ended.promise }
  }
  return { ask, close: () => socket.terminate() }
}
