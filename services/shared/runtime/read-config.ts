// A deployable's settings are a table: name in the environment, type, default, one sentence. All problems are
// reported at once, the result is frozen, and a secret prints as `[secret]`. Whatever reads its settings here verifies TLS:
// an environment that would have Node trust any certificate is refused.
import { KonstructError } from './errors.ts'

/** A value that must not be printed: every way of turning it into text gives `[secret]`. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]'
  }
}

interface SettingBase<Value> {
  readonly env: string
  /** One sentence: what it is for, with its unit. */
  readonly about: string
  /** Left out: the setting must be given. */
  readonly fallback?: Value
  readonly parse: (text: string) => Value
}

export type Setting<Value> = SettingBase<Value>

// oxlint-disable-next-line typescript/no-explicit-any -- a table holds settings of any type; each keeps its own below
type Table = Readonly<Record<string, Setting<any>>>

export type ConfigOf<Settings extends Table> = {
  readonly [Name in keyof Settings]: Settings[Name] extends Setting<infer Value> ? Value : never
}

type Options<Value> = Pick<SettingBase<Value>, 'env' | 'about' | 'fallback'>

export const text = (options: Options<string>): Setting<string> => ({ ...options, parse: (given) => given })

export const secret = (options: Options<Secret>): Setting<Secret> => ({
  ...options,
  parse: (given) => new Secret(given),
})

export const list = (options: Options<readonly string[]>): Setting<readonly string[]> => ({
  ...options,
  parse: (given) =>
    given
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
})

export const flag = (options: Options<boolean>): Setting<boolean> => ({
  ...options,
  parse: (given) => {
    if (given === 'true') return true
    if (given === 'false') return false
    throw new Error('must be true or false')
  },
})

export const integer = (options: Options<number> & { min: number; max: number }): Setting<number> => ({
  env: options.env,
  about: options.about,
  ...(options.fallback === undefined ? {} : { fallback: options.fallback }),
  parse: (given) => {
    const value = Number(given)
    if (!Number.isInteger(value) || value < options.min || value > options.max)
      throw new Error(`must be a whole number from ${options.min} to ${options.max}`)
    return value
  },
})

export const choice = <Value extends string>(
  options: Options<Value> & { values: readonly Value[] },
): Setting<Value> => ({
  env: options.env,
  about: options.about,
  ...(options.fallback === undefined ? {} : { fallback: options.fallback }),
  parse: (given) => {
    const value = options.values.find((candidate) => candidate === given)
    if (value === undefined) throw new Error(`must be one of ${options.values.join(', ')}`)
    return value
  },
})

type Environment = Readonly<Record<string, string | undefined>>

const readSetting = (setting: Setting<unknown>, environment: Environment): unknown => {
  const given = environment[setting.env]
  if (given !== undefined && given !== '') return setting.parse(given)
  if ('fallback' in setting) return setting.fallback
  throw new Error('must be set')
}

/** Node itself obeys it, in every connection that does not say otherwise: to models, key sets and the Kubernetes API. */
const tlsWeakening = (environment: Environment): readonly string[] =>
  environment['NODE_TLS_REJECT_UNAUTHORIZED'] === '0'
    ? [
        'take out NODE_TLS_REJECT_UNAUTHORIZED, with which any certificate is trusted: NODE_EXTRA_CA_CERTS names a PEM file of further authorities',
      ]
    : []

const refuse = (problems: readonly string[]): void => {
  if (problems.length > 0)
    throw new KonstructError('CONFIG_INVALID', { message: `Configuration: ${problems.join('; ')}.` })
}

/**
 * Reads every setting of the table from the environment.
 * @param contradictions what is wrong with settings that are each fine by themselves, one sentence each
 * @throws KonstructError `CONFIG_INVALID` that names every wrong setting, with its sentence, at once.
 */
export const readConfig = <Settings extends Table>(
  table: Settings,
  environment: Environment,
  contradictions: (config: ConfigOf<Settings>) => readonly string[] = () => [],
): ConfigOf<Settings> => {
  const problems: string[] = [...tlsWeakening(environment)]
  const config: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries(table)) {
    try {
      config[name] = readSetting(setting, environment)
    } catch (thrown) {
      problems.push(`${setting.env} ${(thrown as Error).message} (${setting.about})`)
    }
  }
  refuse(problems)
  const read = Object.freeze(config) as ConfigOf<Settings>
  refuse(contradictions(read))
  return read
}
