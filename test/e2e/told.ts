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
 * The reply to what was said, once it is there; there is one, whole, from one call of the model, and the person's screen
 * shows exactly what history has.
 */
export const assertOneReply = async (person: Person, said: Said, model: TalkingModel): Promise<Message> => {
  const reply = await person.answered(said)
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
  assert.deepEqual([...view.messages.values()], history, 'the screen shows what is stored')
  assert.deepEqual(view.faults, [])
  assert.equal(view.live.size, 0)
  return reply
}
