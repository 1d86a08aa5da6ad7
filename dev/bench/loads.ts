// How the lines are asked. Each load gives its samples: milliseconds from a question to the first word of its answer.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Line } from './line.ts'

/** A person's pause, shortened; random, so that no timer of the services is met always at the same moment. */
const pauseMs = (): number => 5 + Math.random() * 10

/** A closed loop: the next question follows the end of the answer; the lines take turns. */
export const askOneByOne = async (lines: readonly Line[], times: number): Promise<readonly number[]> => {
  const samples: number[] = []
  for (const line of Array.from({ length: times }, (_, n) => lines[n % lines.length])) {
    if (line === undefined) throw new RangeError('There is no line to ask.')
    const { first, ended } = line.ask()
    samples.push(await first)
    await ended
    await sleep(pauseMs())
  }
  return samples
}

interface Schedule {
  readonly everyMs: number
  readonly times: number
}

/**
 * An open schedule: every line asks at moments that were fixed before, whatever the others wait for. The lines begin spread
 * over one period at random.
 */
export const askOnSchedule = async (
  lines: readonly Line[],
  { everyMs, times }: Schedule,
): Promise<readonly number[]> => {
  const begin = performance.now() + 50
  const askOn = async (line: Line): Promise<readonly number[]> => {
    const offset = Math.random() * everyMs
    const samples: Promise<number>[] = []
    const ends: Promise<void>[] = []
    for (let n = 0; n < times; n += 1) {
      await sleep(Math.max(begin + offset + n * everyMs - performance.now(), 0))
      const { first, ended } = line.ask()
      samples.push(first)
      ends.push(ended)
    }
    await Promise.all(ends)
    return Promise.all(samples)
  }
  return (await Promise.all(lines.map(askOn))).flat()
}

/** All lines ask in the same instant, so many times; the worst moment that a schedule can have. */
export const askAtOnce = async (lines: readonly Line[], times: number): Promise<readonly number[]> => {
  const samples: number[] = []
  for (let n = 0; n < times; n += 1) {
    const asked = lines.map((line) => line.ask())
    samples.push(...(await Promise.all(asked.map(({ first }) => first))))
    await Promise.all(asked.map(({ ended }) => ended))
    await sleep(100)
  }
  return samples
}
