// What tests of a whole conversation ask, and how they tell what they measured.
import assert from 'node:assert/strict'
import type { Message } from '../../services/shared/domain/message.ts'
import type { Person, Said } from './person.ts'
import type { TalkingModel } from './talking-model.ts'

/** A figure for whoever reads the run; it decides nothing. */
export const measured = (what: string, ms: number): void => {
  process.stdout.write(`      ${what}: ${(ms / 1_000).toFixed(2)} s\n`)
}

/**
 * The same messages; those of a role in the same order. A message that was said while a reply was being saved may stand
 * before it on the screen and behind it in history: the two are announced by different processes.
 */
const assertSameMessages = (screen: readonly Message[], history: readonly Message[]): void => {
  const byRole = (messages: readonly Message[]) => messages.toSorted((a, b) => a.role.localeCompare(b.role))
  assert.deepEqual(byRole(screen), byRole(history), 'the screen shows what is stored')
}

/**
 * The reply to what was said, once it is there; there is one, whole, from one call of the model, and the person's screen
 * shows exactly what history has. For when nothing more is going on in the conversation.
 */
export const assertOneReply = async (person: Person, said: Said, model: TalkingModel): Promise<Message> => {
  const reply = await person.answered(said)
  assert.equal(reply.finish, 'complete')
  const { conversation, text } = said.frame
  const history = await person.history(conversation)
  const view = person.view(conversation)
  const ofTurn = history.filter(({ turn }) => turn === said.accepted?.turn)
  assert.deepEqual(
    ofTurn.map(({ role }) => role),
    ['user', 'agent'],
    'one message and one reply are stored',
  )
  assert.equal(ofTurn[0]?.text, text)
  const answers = model.callsFor(text).map(({ answer }) => answer)
  assert.ok(answers.includes(reply.text), 'the reply is what one call of the model said')
  assertSameMessages([...view.messages.values()], history)
  assert.deepEqual(view.faults, [])
  assert.ok(!view.live.has(reply.turn ?? ''), 'it is not being written any more')
  return reply
}
