// Watches over a reply that the reader waits for. A browser hides the gateway's pings, and a path can die without a
// word: after a silence the gateway is asked for something that it answers at once, and what comes of that is the
// connection's to judge.

/** Longer than an agent thinks as a rule, and shorter than a reader waits. */
const silenceMs = 15_000

export interface VigilPorts {
  readonly isNeeded: () => boolean
  readonly probe: () => void
}

export class Vigil {
  readonly #ports: VigilPorts
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(ports: VigilPorts) {
    this.#ports = ports
  }

  /** The gateway has said something, or there is something new to wait for: the silence begins from here. */
  heard(): void {
    this.close()
    if (this.#ports.isNeeded()) this.#timer = setTimeout(() => this.#ports.probe(), silenceMs)
  }

  close(): void {
    clearTimeout(this.#timer)
  }
}
