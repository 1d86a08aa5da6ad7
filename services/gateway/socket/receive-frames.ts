// Takes what a socket sends: counts it, reads it, hands it on, and answers what is refused. Frames of one conversation
// are handled one after the other, in the order in which they came; those of different ones do not wait for each other.
import type { RawData, WebSocket } from 'ws'
import { closeCodes, type ClientFrame } from '../../shared/domain/frames.ts'
import { LocalBuckets } from '../../shared/intake/local-buckets.ts'
import { KonstructError } from '../../shared/runtime/errors.ts'
import type { Log } from '../../shared/runtime/log.ts'
import type { GatewayMetrics } from '../metrics.ts'
import { errorFrame, logOwnFault, type FrameSubject } from '../public-error.ts'
import { parseFrame } from './parse-frame.ts'
import type { Session } from './session.ts'

export interface ReceivePorts {
  readonly handle: (session: Session, frame: ClientFrame) => Promise<void>
  readonly framesPerSecond: number
  readonly metrics: GatewayMetrics
  readonly log: Log
}

/** Frames that may be under way at once before the socket is read no further. */
const mostUnderWay = 32

export const receiveFrames = (ports: ReceivePorts, session: Session, socket: WebSocket): void => {
  const buckets = new LocalBuckets()
  const rate = { perMinute: ports.framesPerSecond * 60, burst: ports.framesPerSecond * 2 }
  const isTooMany = (): boolean => buckets.take('', rate) > 0
  const heard = (): void => {
    session.heard()
    if (isTooMany()) session.close(closeCodes.tooManyFrames, 'too many frames')
  }
  socket.on('ping', heard)
  socket.on('pong', heard)
  socket.on('message', (data: RawData, isBinary: boolean) => {
    heard()
    if (session.closing) return
    if (isBinary) return refuse(ports, session, textOnly, {})
    receive(ports, session, (data as Buffer).toString('utf8'))
  })
}

const textOnly = new KonstructError('FRAME_INVALID', { message: 'Frames are text.' })

const receive = (ports: ReceivePorts, session: Session, text: string): void => {
  const { lanes } = session
  const parsed = parseFrame(text)
  if ('refusal' in parsed) return refuse(ports, session, parsed.refusal, parsed.subject)
  const { frame } = parsed
  ports.metrics.frames.inc({ type: frame.type })
  void lanes.run(frame.conversation, async () => {
    try {
      if (!session.closing) await ports.handle(session, frame)
    } catch (thrown) {
      refuseHandled(ports, session, { frame, thrown })
    }
    if (lanes.underWay <= mostUnderWay / 2) session.resume()
  })
  if (lanes.underWay >= mostUnderWay) session.pause()
}

interface Failure {
  readonly frame: ClientFrame
  readonly thrown: unknown
}

const refuseHandled = (ports: ReceivePorts, session: Session, { frame, thrown }: Failure): void => {
  const { tenant } = session.visit
  const { conversation } = frame
  logOwnFault(ports.log, thrown, { tenant, conversation })
  session.send(errorFrame(thrown, frame.type === 'send' ? { id: frame.id, conversation } : { conversation }))
}

const refuse = (
  { metrics }: ReceivePorts,
  session: Session,
  refusal: KonstructError,
  subject: FrameSubject,
): void => {
  metrics.frames.inc({ type: refusal.code === 'FRAME_UNKNOWN' ? 'unknown' : 'invalid' })
  session.send(errorFrame(refusal, subject))
}
