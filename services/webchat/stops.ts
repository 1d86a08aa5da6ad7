// The replies that the reader has asked to stop. A stop has no answer of its own and may be lost with its socket, so
// it is asked for again after each `welcome`, as long as its turn goes on.
import type { EventFrame, StopFrame } from '../shared/domain/frames.ts'
import { isTurnEnd } from '../shared/domain/turn.ts'
import type { ConversationState } from './conversation-state.ts'
import { activeTurn } from './transcript.ts'

export class Stops {
  readonly #send: (frame: StopFrame) => void
  readonly #turns = new Set<string>()

  constructor(send: (frame: StopFrame) => void) {
    this.#send = send
  }

  get turns(): ReadonlySet<string> {
    return this.#turns
  }

  /** Asks to stop what is being written. */
  ask(conversation: ConversationState): void {
    const turn = activeTurn(conversation)?.turn
    if (turn === undefined) return
    this.#turns.add(turn)
    this.#send({ type: 'stop', conversation: conversation.id, turn })
  }

  repeat(conversation: ConversationState): void {
    const turn = activeTurn(conversation)?.turn
    if (turn !== undefined && this.#turns.has(turn)) this.ask(conversation)
  }

  heard({ event }: EventFrame): void {
    if (event.kind === 'state' && isTurnEnd(event.state)) this.#turns.delete(event.turn)
  }
}
