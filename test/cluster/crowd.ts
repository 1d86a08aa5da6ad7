// Many visitors who talk all the time, and afterwards are asked whether anything was lost.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Message } from '../../services/shared/domain/message.ts'
import { waitUntil } from '../support/wait-until.ts'
import { Person, type Said } from '../e2e/person.ts'

interface Place {
  readonly gateway: string
  readonly tenant: string
}

interface CrowdOptions extends Place {
  readonly people: number
}

export interface Tally {
  readonly messages: number
  /** How long each waited for the end of its answer, in milliseconds. */
  readonly waits: readonly number[]
  /** What each `reconnect` asked for, in milliseconds. */
  readonly reconnects: readonly number[]
  readonly closeCodes: readonly number[]
  /** The codes of `error` frames, each as often as it came. */
  readonly refusals: readonly string[]
  /** How long a send waited for `accepted` or an `error` at most, in milliseconds. */
  readonly longestSilenceMs: number
}

const comeAtOnce = 20
const longestPauseMs = 2_000

/** A gateway follows a new tenant within two seconds. */
const followedWithinMs = 5_000

const getToken = async ({ gateway, tenant }: Place): Promise<{ token: string; user: string }> => {
  const url = `${gateway}/v1/tenants/${tenant}/visitors`
  const ask = (): Promise<Response> => fetch(url, { method: 'POST' })
  const response = await waitUntil(
    { until: 'the gateway knows the tenant', deadlineMs: followedWithinMs, everyMs: 100 },
    () => ask().then((answer) => answer.status !== 404 && answer),
  )
  assert.equal(response.status, 201)
  return (await response.json()) as { token: string; user: string }
}

/** A visitor alone, who says nothing by themselves. */
export const comeAlone = async (place: Place): Promise<Person> => {
  const { token, user } = await getToken(place)
  return new Person({ tenant: place.tenant, token, user, gateways: () => [place.gateway] }).come()
}

export class Crowd {
  readonly #people: readonly Person[]
  readonly #talks: Promise<void>[] = []
  readonly #waits: number[] = []
  readonly #over = new AbortController()

  private constructor(people: readonly Person[]) {
    this.#people = people
  }

  static async come(options: CrowdOptions): Promise<Crowd> {
    const people: Person[] = []
    while (people.length < options.people)
      people.push(...(await Promise.all(Array.from({ length: comeAtOnce }, () => comeAlone(options)))))
    return new Crowd(people)
  }

  /** From now on each says something, reads the answer, and says the next thing. */
  talk(): void {
    for (const [index, person] of this.#people.entries()) this.#talks.push(this.#converse(person, index))
  }

  /** Resolves when all that was said until now has its answer. */
  async catchUp(): Promise<void> {
    await Promise.all(this.#people.flatMap((person) => person.said.map((said) => person.answered(said))))
  }

  /** Lets everyone read to the end; then history must have each message once, with one answer, as it was read. */
  async end(): Promise<Tally> {
    this.#over.abort()
    await Promise.all(this.#talks)
    for (const person of this.#people) await assertNothingLost(person)
    const tally = {
      messages: this.#people.reduce((sum, { said }) => sum + said.length, 0),
      waits: this.#waits.toSorted((one, other) => one - other),
      reconnects: this.#people.flatMap(({ reconnectFrames }) => reconnectFrames),
      closeCodes: this.#people.flatMap(({ closeCodes }) => closeCodes),
      refusals: this.#people.flatMap(({ said }) =>
        said.flatMap(({ refusals }) => refusals.map(({ code }) => code)),
      ),
      longestSilenceMs: Math.max(...this.#people.flatMap(({ replyTimes }) => replyTimes)),
    }
    await this.leave()
    return tally
  }

  async leave(): Promise<void> {
    this.#over.abort()
    await Promise.all(this.#people.map((person) => person.leave()))
    await Promise.allSettled(this.#talks)
  }

  async #converse(person: Person, index: number): Promise<void> {
    let conversation: string | undefined
    await sleep(Math.random() * longestPauseMs)
    for (let n = 1; !this.#over.signal.aborted; n += 1) {
      const said: Said = person.say(`Person ${index} asks for the ${n}. time`, conversation)
      conversation = said.frame.conversation
      await person.answered(said).catch((thrown: unknown) => {
        const refusals = said.refusals.map(({ code }) => code).join(', ')
        const where = person.isConnected ? 'connected' : 'not connected'
        throw new Error(`${where}, refused with [${refusals}]`, { cause: thrown })
      })
      this.#waits.push(performance.now() - said.at)
      await sleep(Math.random() * longestPauseMs)
    }
  }
}

const assertNothingLost = async (person: Person): Promise<void> => {
  for (const conversation of new Set(person.said.map(({ frame }) => frame.conversation))) {
    const history = await person.history(conversation)
    const said = person.said.filter(({ frame }) => frame.conversation === conversation)
    assert.equal(history.length, 2 * said.length, 'each message has one answer')
    for (const one of said) assertAnswered(person, one, history)
  }
}

const assertAnswered = (person: Person, { frame, accepted }: Said, history: readonly Message[]): void => {
  const view = person.view(frame.conversation)
  const turn = accepted?.turn ?? ''
  const [question, answer] = history.filter((message) => message.turn === turn)
  assert.equal(question?.text, frame.text)
  assert.equal(answer?.text, view.reply(turn)?.text)
  assert.equal(answer?.finish, 'complete', `it ended with ${view.ends.get(turn)?.code ?? 'no code'}`)
}
