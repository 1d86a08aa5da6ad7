// Bytes from a stranger become a ClientFrame or a named refusal. Pure. Fields that are not known are ignored; those that
// are must be right to the letter, because they become keys and rows.
import type { ClientFrame, StreamPosition } from '../../shared/domain/frames.ts'
import { KonstructError } from '../../shared/runtime/errors.ts'
import type { FrameSubject } from '../public-error.ts'

export interface RefusedFrame {
  readonly refusal: KonstructError
  readonly subject: FrameSubject
}

export type ParsedFrame = { readonly frame: ClientFrame } | RefusedFrame

type Fields = Readonly<Record<string, unknown>>

/** Lower case only: an id is compared as text. */
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** An Agent's name is a DNS label; longer ones cannot exist. */
const longestAgent = 63

const invalid = (message: string): KonstructError => new KonstructError('FRAME_INVALID', { message })

export const isUuid = (value: unknown): value is string => typeof value === 'string' && uuid.test(value)

export const parseFrame = (text: string): ParsedFrame => {
  const fields = readObject(text)
  if (fields === null) return { refusal: invalid('A frame is one JSON object.'), subject: {} }
  try {
    return { frame: frameOf(fields) }
  } catch (thrown) {
    return { refusal: thrown as KonstructError, subject: subjectOf(fields) }
  }
}

const readObject = (text: string): Fields | null => {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as Fields) : null
  } catch {
    return null
  }
}

const subjectOf = ({ id, conversation }: Fields): FrameSubject => ({
  ...(isUuid(id) ? { id } : {}),
  ...(isUuid(conversation) ? { conversation } : {}),
})

const frameOf = (fields: Fields): ClientFrame => {
  switch (fields['type']) {
    case 'send':
      return {
        type: 'send',
        id: idIn(fields, 'id'),
        conversation: idIn(fields, 'conversation'),
        agent: agentIn(fields),
        text: textIn(fields),
      }
    case 'subscribe':
      return { type: 'subscribe', conversation: idIn(fields, 'conversation'), ...afterIn(fields) }
    case 'stop':
      return { type: 'stop', conversation: idIn(fields, 'conversation'), turn: idIn(fields, 'turn') }
    case 'decide':
      return {
        type: 'decide',
        conversation: idIn(fields, 'conversation'),
        confirmation: idIn(fields, 'confirmation'),
        decision: decisionIn(fields),
      }
    default:
      throw typeof fields['type'] === 'string'
        ? new KonstructError('FRAME_UNKNOWN')
        : invalid('A frame says its `type`.')
  }
}

const idIn = (fields: Fields, name: string): string => {
  const value = fields[name]
  if (!isUuid(value)) throw invalid(`\`${name}\` must be a UUID in lower case.`)
  return value
}

const agentIn = ({ agent }: Fields): string => {
  if (typeof agent !== 'string' || agent === '' || agent.length > longestAgent)
    throw invalid('`agent` must be the name of an agent.')
  return agent
}

/** Half of a surrogate pair and U+0000 cannot be stored. */
const textIn = ({ text }: Fields): string => {
  if (typeof text !== 'string') throw invalid('`text` must be a string.')
  if (!text.isWellFormed() || text.includes('\0'))
    throw invalid('`text` must be well-formed Unicode without U+0000.')
  return text
}

const decisionIn = ({ decision }: Fields): 'approve' | 'reject' => {
  if (decision !== 'approve' && decision !== 'reject') throw invalid('`decision` must be approve or reject.')
  return decision
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const afterIn = ({ after }: Fields): { readonly after?: StreamPosition } => {
  if (after === undefined || after === null) return {}
  const { epoch, seq } = after as Partial<StreamPosition>
  if (!isCount(epoch) || !isCount(seq)) throw invalid('`after` must be {"epoch", "seq"}, two whole numbers.')
  return { after: { epoch, seq } }
}
