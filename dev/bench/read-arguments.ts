// What `npm run bench -- …` can be told.
import { parseArgs } from 'node:util'
import { KonstructError } from '../../services/shared/runtime/errors.ts'

export interface BenchArguments {
  /** Where the raw figures go. */
  readonly json: string | undefined
  readonly rounds: number
}

const usage = `npm run bench -- [options]
  --json FILE    write every sample to FILE
  --rounds N     rounds that are measured, 1 to 9 (default 7); they all end within 3 minutes`

/** @throws KonstructError `CONFIG_INVALID` that tells the usage. */
export const readArguments = (given: readonly string[]): BenchArguments => {
  try {
    const { values } = parseArgs({
      args: [...given],
      options: { json: { type: 'string' }, rounds: { type: 'string', default: '7' } },
    })
    const rounds = Number(values.rounds)
    if (!Number.isInteger(rounds) || rounds < 1 || rounds > 9)
      throw new Error('--rounds takes a whole number from 1 to 9.')
    return { json: values.json, rounds }
  } catch (cause) {
    throw new KonstructError('CONFIG_INVALID', { message: `${(cause as Error).message}\n\n${usage}`, cause })
  }
}
