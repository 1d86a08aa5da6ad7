import assert from 'node:assert/strict'
import { Dispatcher, type OfferedTurn } from '../../../services/orchestrator/dispatcher.ts'
import { createMetrics, type RunOutcome } from '../../../services/orchestrator/metrics.ts'
import { silentLog } from '../../../services/shared/runtime/log.ts'
import { waitUntil } from '../../support/wait-until.ts'

/** A dispatcher, what it set aside, and the turns that it runs until they are told how they end. */
class Play {
  readonly aside: string[] = []
  readonly finished: string[] = []
  readonly begun: string[] = []
  readonly #ends = new Map<string, (outcome: RunOutcome) => void>()
  readonly #metrics = createMetrics()
  readonly #dispatcher: Dispatcher

  constructor(capacity: number) {
    this.#dispatcher = new Dispatcher(
      {
        log: silentLog,
        metrics: this.#metrics,
        limitOf: () => 10,
        run: (turn) => this.#run(turn),
        setAside: (ref) => Promise.resolve(void this.aside.push(ref.turn)),
        onRoom: () => {},
      },
      capacity,
    )
  }

  /** Of a tenant of its own. */
  offer(turn: string, finish: () => void = () => this.finished.push(turn)): void {
    const ref = { tenant: `tenant of ${turn}`, conversation: turn, turn }
    this.#dispatcher.offer({ ref, from: 'log', finish })
  }

  end(turn: string, outcome: RunOutcome): void {
    this.#ends.get(turn)?.(outcome)
  }

  /** What became of the turns that have run. */
  async outcomes(): Promise<readonly string[]> {
    const { values } = await this.#metrics.runs.get()
    return values.flatMap(({ labels, value }) => (value > 0 ? [String(labels.outcome)] : []))
  }

  async #run({ ref, finish }: OfferedTurn): Promise<RunOutcome> {
    this.begun.push(ref.turn)
    const outcome = await new Promise<RunOutcome>((resolve) => {
      this.#ends.set(ref.turn, resolve)
    })
    // As a turn does that was claimed.
    if (outcome === 'ended') finish()
    return outcome
  }
}

describe('The dispatcher', () => {
  const broken = (): never => {
    throw new Error('the log is away')
  }

  for (const outcome of ['ended', 'held'] as const)
    it(`lets a turn end as "${outcome}", and goes on, also when its record cannot be marked as finished`, async () => {
      const play = new Play(1)
      play.offer('first', broken)
      play.offer('next')
      play.end('first', outcome)
      await waitUntil({ until: 'the next one runs' }, () => play.begun.includes('next'))
      assert.deepEqual(await play.outcomes(), [outcome])
    })

  it('leaves what has to wait for a place to others as well, and runs it when nobody took it', async () => {
    const play = new Play(1)
    play.offer('first')
    play.offer('second')
    await waitUntil({ until: 'the second is set aside' }, () => play.finished.includes('second'))
    assert.deepEqual([play.aside, play.begun], [['second'], ['first']])
    play.end('first', 'ended')
    await waitUntil({ until: 'the second runs' }, () => play.begun.includes('second'))
    assert.deepEqual(play.aside, ['second'])
  })

  it('sets nothing aside that can start at once', async () => {
    const play = new Play(2)
    play.offer('first')
    play.offer('second')
    play.end('first', 'ended')
    await waitUntil({ until: 'the first has ended' }, () => play.finished.includes('first'))
    assert.deepEqual([play.aside, play.begun], [[], ['first', 'second']])
  })
})
