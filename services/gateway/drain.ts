// Ends the sockets of a gateway that goes, so that their clients come back elsewhere, spread over time, and lose nothing:
// what was sent is answered first, and each client is told when to return.
import { setTimeout as sleep } from 'node:timers/promises'
import { closeCodes } from '../shared/domain/frames.ts'
import type { Session } from './socket/session.ts'

/** How long the last frames of a socket may take, in milliseconds. */
const lastFramesMs = 3_000
/** How long a client may take to answer the close, in milliseconds. */
const farewellMs = 1_000

/** `spreadMs`: over how long the sockets are closed. */
export const drain = async (sessions: readonly Session[], spreadMs: number): Promise<void> => {
  await Promise.all(sessions.map((session) => leave(session, Math.floor(Math.random() * spreadMs))))
}

const leave = async (session: Session, afterMs: number): Promise<void> => {
  session.send({ type: 'reconnect', afterMs })
  await sleep(afterMs)
  await Promise.race([session.lanes.idle(), sleep(lastFramesMs, undefined, { ref: false })])
  session.close(closeCodes.restart, 'restart')
  await Promise.race([session.closed, sleep(farewellMs, undefined, { ref: false })])
}
