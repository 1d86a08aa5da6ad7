// One socket and the person at its other end. Whoever writes to it goes through here, so that a reader who does not
// read costs a bounded amount of memory: above the first bound deltas wait, above the second the socket is closed.
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { closeCodes, type ServerFrame } from '../../shared/domain/frames.ts'
import type { OriginRequest } from '../allow-origin.ts'
import type { Outlet } from '../live/follower.ts'
import type { Following } from '../live/relays.ts'
import type { GatewayMetrics } from '../metrics.ts'
import { FrameLanes } from './frame-lanes.ts'

/** Who came, and by what right. */
export interface Visit {
  readonly tenant: string
  readonly user: string
  readonly roles: readonly string[]
  /** Kept to be judged again when the tenant's settings change. */
  readonly token: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  readonly address: string
  /** Where it came from; kept to be judged again, as the token is. */
  readonly page: OriginRequest
}

export interface SessionLimits {
  readonly slowReaderBytes: number
  readonly stuckReaderBytes: number
}

interface SessionPorts {
  readonly socket: WebSocket
  /** The TCP connection below: it tells when a reader has caught up. */
  readonly wire: Duplex
  readonly limits: SessionLimits
  readonly metrics: GatewayMetrics
}

/** How long a peer has to answer a close, in milliseconds. */
const closeWithinMs = 5_000
/** Pings without an answer after which a peer is gone. */
const silentPings = 2

export class Session implements Outlet {
  readonly visit: Visit
  /** The conversations that this socket follows. */
  readonly following = new Map<string, Following>()
  /** Its frames that are being handled. */
  readonly lanes = new FrameLanes()
  /** Resolves when the connection has ended. */
  readonly closed: Promise<unknown>
  /** Called when a reader that was slow has read what was buffered. */
  onDrained: () => void = () => {}
  readonly #ports: SessionPorts
  #slow = false
  #closing = false
  #ended = false
  #unanswered = 0

  constructor(visit: Visit, ports: SessionPorts) {
    this.visit = visit
    this.#ports = ports
    this.closed = new Promise((resolve) => ports.socket.once('close', resolve))
    ports.socket.once('close', () => {
      this.#ended = true
    })
    ports.wire.on('drain', () => this.#drained())
  }

  /** True once this side closes it: nothing that arrives counts any more. */
  get closing(): boolean {
    return this.#closing
  }

  /** True once the connection has ended, whoever closed it: whatever is begun for it now, nobody would ever end. */
  get ended(): boolean {
    return this.#ended
  }

  get congested(): boolean {
    const congested = this.#ports.socket.bufferedAmount > this.#ports.limits.slowReaderBytes
    if (congested && !this.#slow) {
      this.#slow = true
      this.#ports.metrics.slowReaders.inc({ outcome: 'paused' })
    }
    return congested
  }

  send(frame: ServerFrame): void {
    this.sendBytes(Buffer.from(JSON.stringify(frame)))
  }

  sendBytes(bytes: Buffer): void {
    const { socket, limits, metrics } = this.#ports
    if (this.#closing || socket.readyState !== socket.OPEN) return
    socket.send(bytes, { binary: false })
    if (socket.bufferedAmount <= limits.stuckReaderBytes) return
    metrics.slowReaders.inc({ outcome: 'closed' })
    this.close(closeCodes.overload, 'reading too slowly')
  }

  /** `reason` is at most 123 bytes and says nothing about others. */
  close(code: number, reason: string): void {
    if (this.#closing || this.#ended) return
    this.#closing = true
    this.#ports.metrics.closed.inc({ code })
    const { socket } = this.#ports
    socket.close(code, reason)
    const timer = setTimeout(() => socket.terminate(), closeWithinMs)
    void this.closed.then(() => clearTimeout(timer))
  }

  /** The peer is gone; nobody would answer a close. */
  abandon(): void {
    this.#closing = true
    this.#ports.socket.terminate()
  }

  /** Something came from the peer. */
  heard(): void {
    this.#unanswered = 0
  }

  /** Asks for a sign of life; a peer that let `silentPings` go unanswered is given up. */
  ping(): void {
    if (this.#unanswered >= silentPings) return this.abandon()
    this.#unanswered += 1
    if (this.#ports.socket.readyState === this.#ports.socket.OPEN) this.#ports.socket.ping()
  }

  /** Takes no more frames until `resume`: the peer's own buffers fill up. */
  pause(): void {
    this.#ports.socket.pause()
  }

  resume(): void {
    this.#ports.socket.resume()
  }

  #drained(): void {
    if (!this.#slow) return
    this.#slow = false
    this.onDrained()
  }
}
