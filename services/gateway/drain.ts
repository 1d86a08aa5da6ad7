// Ends the sockets of a gateway that goes, so that their clients come back elsewhere, spread over time, and lose nothing:
// what was sent is answered first, and each client is told when to return. What a store holds up is not waited for for
// ever: its socket is closed with another code, and its client sends it again at the next gateway.
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
  const answered = await Promise.race([
    session.lanes.idle().then(() => true),
    sleep(lastFramesMs, false, { ref: false }),
  ])
  if (answered) session.close(closeCodes.restart, 'restart')
  else session.close(closeCodes.goingAway, 'going away, send again what was not accepted')
  await Promise.race([session.closed, sleep(farewellMs, undefined, { ref: false })])
}
