// Decides from what was said, what was shown and what is stored whether the invariants held in one conversation. Pure, so
// that it can be tested with histories that are wrong on purpose.
import { isDeepStrictEqual } from 'node:util'
import type { Message } from '../../services/shared/domain/message.ts'

export interface ConversationHistory {
  /** In the order in which it was said; no two texts are the same. */
  readonly said: readonly {
    readonly text: string
    readonly accepted: { readonly message: string; readonly turn: string } | null
  }[]
  /** What the person has on the screen at the end. */
  readonly screen: readonly Message[]
  /** What the gateway sent against the protocol: a number that was skipped, a message that changed. */
  readonly faults: readonly string[]
  /** What GET messages tells. */
  readonly stored: readonly Message[]
  /** All whole answers that the model has given, or begun to give, to a text. */
  readonly answers: (text: string) => readonly string[]
}

type Invariant = 'I1' | 'I2' | 'I3' | 'I5'
/** The invariant and what is wrong. */
export type Violation = `${Invariant} ${string}`

export const checkHistory = (history: ConversationHistory): readonly Violation[] => [
  ...checkNothingLost(history),
  ...checkOnce(history.stored, 'stored'),
  ...checkOnce(history.screen, 'shown'),
  ...checkOrder(history, history.stored, 'stored'),
  ...checkOrder(history, history.screen, 'shown'),
  ...checkShown(history),
  ...checkWhole(history),
]

const isReply = ({ role }: Message): boolean => role === 'agent'

const checkNothingLost = ({ said, stored }: ConversationHistory): readonly Violation[] =>
  said.flatMap(({ text, accepted }): readonly Violation[] => {
    if (accepted === null) return [`I1 never accepted: ${text}`]
    const kept = stored.some(({ id, text: found }) => id === accepted.message && found === text)
    const answered = stored.some((message) => message.turn === accepted.turn && isReply(message))
    return [
      ...(kept ? [] : [`I1 accepted and lost: ${text}` as const]),
      ...(answered ? [] : [`I1 accepted and never answered: ${text}` as const]),
    ]
  })

/** Each turn has one message of each side. */
const checkOnce = (messages: readonly Message[], where: string): readonly Violation[] => {
  const seen = new Set<string>()
  return messages.flatMap(({ turn, role, text }): readonly Violation[] => {
    const keys = [`${role} ${turn}`, ...(role === 'user' ? [`says ${text}`] : [])]
    const twice = keys.some((key) => seen.has(key))
    for (const key of keys) seen.add(key)
    return twice ? [`I2 ${where} twice: ${role} ${text}`] : []
  })
}

const checkOrder = (
  { said, faults }: ConversationHistory,
  messages: readonly Message[],
  where: string,
): readonly Violation[] => {
  const order = said.map(({ accepted }) => accepted?.turn)
  const isSorted = (turns: readonly (string | null)[]): boolean =>
    turns.every((turn, n) => n === 0 || order.indexOf(turns[n - 1] ?? '') <= order.indexOf(turn ?? ''))
  const turnsOf = (role: Message['role']) =>
    messages.filter((message) => message.role === role).map(({ turn }) => turn)
  const early = messages.filter(
    (reply, n) => isReply(reply) && !messages.slice(0, n).some(({ turn }) => turn === reply.turn),
  )
  return [
    ...(isSorted(turnsOf('user')) ? [] : [`I3 ${where} in another order than said` as const]),
    ...(isSorted(turnsOf('agent')) ? [] : [`I3 ${where} answers in another order than questions` as const]),
    ...early.map(({ text }) => `I3 ${where} before its question: ${text}` as const),
    ...(where === 'shown' ? faults.map((fault) => `I3 ${fault}` as const) : []),
  ]
}

/** The order of the two sides among each other is left out: see `assertSameMessages`. */
const checkShown = ({ screen, stored }: ConversationHistory): readonly Violation[] => {
  const shown = new Map(screen.map((message) => [message.id, message]))
  const missing = stored.filter((message) => !isDeepStrictEqual(shown.get(message.id), message))
  const kept = new Set(stored.map(({ id }) => id))
  const invented = screen.filter(({ id }) => !kept.has(id))
  return [
    ...missing.map(({ role, text }) => `I5 stored, and not shown so: ${role} ${text}` as const),
    ...invented.map(({ role, text }) => `I5 shown, and not stored: ${role} ${text}` as const),
  ]
}

/** A reply is the whole answer of one call; of a failed one at least no more than one call has said. */
const checkWhole = ({ said, stored, answers }: ConversationHistory): readonly Violation[] =>
  stored.filter(isReply).flatMap(({ turn, text, finish }): readonly Violation[] => {
    const question = said.find(({ accepted }) => accepted?.turn === turn)?.text ?? ''
    const known = answers(question)
    const whole =
      known.includes(text) || (finish === 'failed' && known.some((answer) => answer.startsWith(text)))
    return whole || (finish === 'failed' && text === '')
      ? []
      : [`I5 not what one call of the model said: ${text}`]
  })
