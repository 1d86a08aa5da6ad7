// What the page says to people: one sentence for each code, state and ending. English only, for now in one place.
import type { ErrorCode } from '../shared/domain/frame-errors.ts'
import type { TurnState } from '../shared/domain/turn.ts'
import type { ConnectionStatus } from './connection.ts'

const refusals: Readonly<Record<ErrorCode, string>> = {
  FRAME_INVALID: 'This message could not be read. Please reload the page and try again.',
  FRAME_UNKNOWN: 'This page is out of date. Please reload it.',
  TEXT_EMPTY: 'There is nothing to send.',
  TEXT_TOO_LONG: 'This message is too long. Please shorten it.',
  AGENT_NOT_FOUND: 'This agent is not available any more.',
  CONVERSATION_NOT_FOUND: 'This conversation is not available any more.',
  TENANT_SUSPENDED: 'This chat is paused at the moment.',
  RATE_LIMITED: 'That was a lot at once. Please try again in a moment.',
  BUDGET_EXHAUSTED: 'This chat has used up its budget for now. Please come back later.',
  OVERLOADED: 'Many people are asking right now. Please try again in a moment.',
  MODEL_UNAVAILABLE: 'No answer could be written just now. Please try again in a moment.',
  INTERNAL: 'Something went wrong on our side. Please try again.',
}

/** A gateway newer than this page may send a code that it does not know. */
export const refusalSentence = (code: ErrorCode | null): string =>
  refusals[code ?? 'INTERNAL'] ?? refusals.INTERNAL

/** Codes that the same text meets again. */
export const isFinal = (code: ErrorCode): boolean =>
  ['TEXT_EMPTY', 'TEXT_TOO_LONG', 'AGENT_NOT_FOUND', 'CONVERSATION_NOT_FOUND'].includes(code)

const states: Readonly<Record<TurnState, string>> = {
  queued: 'Waiting',
  thinking: 'Thinking',
  writing: 'Writing',
  using_tool: 'Looking something up',
  waiting_for_confirmation: 'Waiting for your decision',
  answered: 'Answered',
  failed: 'Failed',
  stopped: 'Stopped',
}

export const stateWord = (state: TurnState): string => states[state] ?? 'Working'

export interface Notice {
  readonly title: string
  readonly text: string
  /** What the button says that tries again; null where that is pointless. */
  readonly again: string | null
}

type Ended = Extract<ConnectionStatus, { name: 'ended' }>['why']

export const endings: Readonly<Record<Ended, Notice>> = {
  'sign-in': {
    title: 'Please sign in',
    text: 'This chat is for people with an account. Sign in where you came from, then open the chat again from there.',
    again: 'Try again',
  },
  forbidden: {
    title: 'This chat is closed',
    text: 'It is not open to you, or it is paused at the moment.',
    again: 'Try again',
  },
  missing: {
    title: 'There is no chat here',
    text: 'Please check the address you were given.',
    again: null,
  },
  protocol: {
    title: 'This page is out of date',
    text: 'Please reload it to go on. Your conversations are kept.',
    again: null,
  },
}
