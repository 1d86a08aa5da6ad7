// What `npm run demo -- …` can be told.
import { parseArgs } from 'node:util'
import { KonstructError } from '../../services/shared/runtime/errors.ts'

export interface DemoArguments {
  /** Send this once, print the reply, end. */
  readonly once: string | undefined
  /** Take the resources from a real kube-apiserver instead of a folder. */
  readonly kubernetes: boolean
  readonly gateways: number
  readonly orchestrators: number
  /** Of the first gateway; the others follow. */
  readonly port: number
}

const usage = `npm run demo -- [options]
  --once TEXT          send TEXT once, print the reply as it streams, and end
  --kubernetes         take Tenants and Agents from a real kube-apiserver, for kubectl
  --gateways N         run N gateways, on PORT, PORT+1, … (default 1)
  --orchestrators N    run N orchestrators (default 1)
  --port PORT          of the first gateway (default 8080)`

const wholeNumber = (name: string, given: string, min: number, max: number): number => {
  const value = Number(given)
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new KonstructError('CONFIG_INVALID', {
    message: `--${name} takes a whole number from ${min} to ${max}.`,
  })
}

const parse = (given: readonly string[]) =>
  parseArgs({
    args: [...given],
    options: {
      once: { type: 'string' },
      kubernetes: { type: 'boolean', default: false },
      gateways: { type: 'string', default: '1' },
      orchestrators: { type: 'string', default: '1' },
      port: { type: 'string', default: '8080' },
    },
  }).values

/** @throws KonstructError `CONFIG_INVALID` that tells the usage. */
export const readArguments = (given: readonly string[]): DemoArguments => {
  try {
    const values = parse(given)
    return {
      once: values.once,
      kubernetes: values.kubernetes,
      gateways: wholeNumber('gateways', values.gateways, 1, 10),
      orchestrators: wholeNumber('orchestrators', values.orchestrators, 1, 10),
      port: wholeNumber('port', values.port, 1, 65_000),
    }
  } catch (thrown) {
    const sentence = (thrown as Error).message
    throw new KonstructError('CONFIG_INVALID', { message: `${sentence}\n\n${usage}`, cause: thrown })
  }
}
