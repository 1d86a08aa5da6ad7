// What the page knows of one conversation: a pure function from the gateway's frames to what is shown.
//
// Events are numbered `(epoch, seq)`. They are applied in order and without a hole: what is known is ignored,
// what came too early waits in `early`, and `missing` says that the page must ask again with `subscribe` from
// `position`. The answer either lets the missed events follow (`recovered`) or is the truth itself. Whatever
// the network repeats, loses or delays, the state ends as the stored conversation.
import type { ErrorCode } from '../shared/domain/frame-errors.ts'
import type { EventFrame, StreamEvent, StreamPosition, SubscribedFrame } from '../shared/domain/frames.ts'
import type { Message, Owner } from '../shared/domain/message.ts'
import { applyToTurns, endsTurn, fromLive } from './turns.ts'
import type { TurnEvent, TurnView } from './turns.ts'

export type Confirmation = Extract<StreamEvent, { kind: 'confirmation' }>

export interface ConversationState {
  readonly id: string
  readonly agent: string
  readonly owner: Owner | null
  /** The last event applied; null before the first answer to `subscribe`. */
  readonly position: StreamPosition | null
  readonly messages: readonly Message[]
  /** Replies without their message yet, oldest first. */
  readonly turns: readonly TurnView[]
  /** Why turns failed whose message is already here, by turn. */
  readonly failures: ReadonlyMap<string, ErrorCode>
  readonly confirmation: Confirmation | null
  /** Events beyond a hole, by number. */
  readonly early: readonly EventFrame[]
  /** True: something is missing, ask with `subscribe`. */
  readonly missing: boolean
}

export const emptyConversation = (id: string, agent: string): ConversationState => ({
  id,
  agent,
  owner: null,
  position: null,
  messages: [],
  turns: [],
  failures: new Map(),
  confirmation: null,
  early: [],
  missing: false,
})

/** An event frame, in whatever order it comes. */
export const applyEvent = (state: ConversationState, frame: EventFrame): ConversationState => {
  if (state.position !== null && isKnown(state.position, frame)) return state
  return applyEarly({ ...state, early: [...state.early, frame] })
}

/** The answer to `subscribe`. */
export const applySubscribed = (state: ConversationState, frame: SubscribedFrame): ConversationState => {
  if (frame.recovered) return applyRecovered(state, frame)
  if (state.position !== null && isOutrun(state.position, frame)) return state
  const messages = replaceMessages(state.messages, frame.messages)
  const turns = liveTurns(state, frame).filter((turn) => !messages.some((message) => answers(message, turn)))
  return applyEarly({
    ...state,
    position: { epoch: frame.epoch, seq: frame.seq },
    messages,
    turns,
    confirmation: turns[0]?.state === 'waiting_for_confirmation' ? state.confirmation : null,
  })
}

/** Epoch 0 is the answer of a gateway that cannot read the stream: it knows nothing of what is being written. */
const liveTurns = (state: ConversationState, { epoch, live }: SubscribedFrame): readonly TurnView[] => {
  if (live !== null) return [fromLive(live)]
  return epoch === 0 ? state.turns : []
}

const answers = (message: Message, { turn }: TurnView): boolean => endsTurn(message) && message.turn === turn

/** A page of history: only what is older than all that is known; the rest comes by the stream. */
export const addOlder = (state: ConversationState, page: readonly Message[]): ConversationState => {
  const known = new Set(state.messages.map(({ id }) => id))
  const overlap = page.findIndex(({ id }) => known.has(id))
  const older = overlap === -1 ? page : page.slice(0, overlap)
  return older.length === 0 ? state : { ...state, messages: [...older, ...state.messages] }
}

/** After a lost socket nothing that came early can be trusted to be followed. */
export const afterReconnect = (state: ConversationState): ConversationState => ({
  ...state,
  early: [],
  missing: true,
})

const isKnown = (position: StreamPosition, frame: StreamPosition): boolean =>
  frame.epoch < position.epoch || (frame.epoch === position.epoch && frame.seq <= position.seq)

/** True for an answer that is older than what came meanwhile. Another epoch is for the gateway to judge. */
const isOutrun = (position: StreamPosition, frame: StreamPosition): boolean =>
  frame.epoch === position.epoch && frame.seq < position.seq

/** The missed events follow, so nothing counts as missing until they have; without a position they are all of the epoch's. */
const applyRecovered = (state: ConversationState, frame: SubscribedFrame): ConversationState => {
  const position = state.position ?? { epoch: frame.epoch, seq: 0 }
  const messages = frame.messages.reduce(addMessage, state.messages)
  const caughtUp = position.epoch === frame.epoch && position.seq >= frame.seq
  const next = applyEarly({ ...state, position, messages })
  return caughtUp ? next : { ...next, missing: false }
}

/** Applies every early event that continues the stream, and says whether one before the rest is missing. */
const applyEarly = (state: ConversationState): ConversationState => {
  const { position } = state
  if (position === null) return { ...state, missing: true }
  const waiting = state.early.filter((frame) => !isKnown(position, frame))
  const next = waiting.find(({ epoch, seq }) => epoch === position.epoch && seq === position.seq + 1)
  if (next === undefined) return { ...state, early: waiting, missing: waiting.length > 0 }
  const advanced = { ...state, early: waiting, position: { epoch: next.epoch, seq: next.seq } }
  return applyEarly(applyInOrder(advanced, next.event))
}

const applyInOrder = (state: ConversationState, event: StreamEvent): ConversationState => {
  switch (event.kind) {
    case 'message':
      return applyMessage(state, event.message)
    case 'confirmation':
      return { ...state, confirmation: event }
    case 'owner':
      return { ...state, owner: event.owner }
    case 'state':
    case 'delta':
    case 'restarted':
      if (state.messages.some((message) => endsTurn(message) && message.turn === event.turn))
        return withFailure(state, event)
      return withLiveConfirmation({ ...state, turns: applyToTurns(state.turns, event) })
    default:
      // A kind that a later gateway added; its number counts all the same.
      return state
  }
}

/** The reason of a failure may come after the message that the failed turn left. */
const withFailure = (state: ConversationState, event: TurnEvent): ConversationState =>
  event.kind === 'state' && event.code !== undefined
    ? { ...state, failures: new Map(state.failures).set(event.turn, event.code) }
    : state

const applyMessage = (state: ConversationState, message: Message): ConversationState =>
  withLiveConfirmation({
    ...state,
    messages: addMessage(state.messages, message),
    failures: keepCodes(state, message.turn),
    turns: endsTurn(message) ? state.turns.filter(({ turn }) => turn !== message.turn) : state.turns,
  })

/** Where the state came first, the turn that leaves the list hands its reason on. */
const keepCodes = (state: ConversationState, turn: string | null): ReadonlyMap<string, ErrorCode> => {
  const code = state.turns.find((view) => view.turn === turn)?.code ?? null
  return turn === null || code === null ? state.failures : new Map(state.failures).set(turn, code)
}

/** A question goes when its turn no longer waits for the answer. */
const withLiveConfirmation = (state: ConversationState): ConversationState =>
  state.confirmation === null || state.turns.some((turn) => turn.state === 'waiting_for_confirmation')
    ? state
    : { ...state, confirmation: null }

const addMessage = (messages: readonly Message[], message: Message): readonly Message[] =>
  messages.some(({ id }) => id === message.id)
    ? messages.map((known) => (known.id === message.id ? message : known))
    : [...messages, message]

/**
 * The truth may begin later than what history has loaded; those older ones stay. Where the two do not meet, what lies
 * between is not known: nothing stays then, since a hole would look like a whole conversation.
 */
const replaceMessages = (known: readonly Message[], truth: readonly Message[]): readonly Message[] => {
  const overlap = known.findIndex(({ id }) => id === truth[0]?.id)
  return overlap === -1 ? truth : [...known.slice(0, overlap), ...truth]
}

/** True when the beginning that was known is no longer part of it: pages of history must be asked for anew. */
export const hasLostBeginning = (before: ConversationState, after: ConversationState): boolean => {
  const [first] = before.messages
  return first !== undefined && !after.messages.some(({ id }) => id === first.id)
}
