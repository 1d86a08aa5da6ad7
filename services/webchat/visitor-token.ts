// Where the page's bearer token comes from: from the host page, or from the gateway, which makes the browser an
// anonymous visitor of the tenant. A visitor's token is kept, so that the visitor finds the conversations again;
// tabs take turns in getting one, so that they are one visitor.
import type { Visitor } from './api.ts'
import type { KeyValueStorage } from './outbox.ts'
import { SignInNeeded } from './refusals.ts'

/** Gives the user's token; `renew` says that the last one was refused or ran out. Null when there is no user. */
export type HostToken = (renew: boolean) => Promise<string | null>

export interface TokenPorts {
  readonly storage: KeyValueStorage
  readonly becomeVisitor: () => Promise<Visitor>
  /** Runs one at a time over all tabs. */
  readonly alone: <Result>(name: string, work: () => Promise<Result>) => Promise<Result>
  readonly now: () => number
}

/** A token this close to its end is not worth opening a socket with. */
const marginMs = 60_000

export const hostToken = (ask: HostToken) => {
  let given: string | null = null
  return async (refused: string | null): Promise<string> => {
    if (given === null || given === refused) given = await ask(refused !== null)
    if (given === null || given === '') throw new SignInNeeded('The host page gave no token')
    if (given === refused) throw new SignInNeeded('The host page gave the token that was refused')
    return given
  }
}

export const visitorToken = (ports: TokenPorts, tenant: string) => {
  const key = `konstruct:${tenant}:visitor`
  return (refused: string | null): Promise<string> =>
    ports.alone(key, async () => {
      const kept = readVisitor(ports, key)
      // Another tab may have renewed it meanwhile: only the token that was refused is thrown away.
      if (kept !== null && kept.token !== refused) return kept.token
      const visitor = await ports.becomeVisitor()
      // Where tabs cannot take turns, the first one to write is the visitor that all of them are.
      const other = readVisitor(ports, key)
      if (other !== null && other.token !== kept?.token) return other.token
      ports.storage.setItem(key, JSON.stringify(visitor))
      return visitor.token
    })
}

const readVisitor = ({ storage, now }: TokenPorts, key: string): Visitor | null => {
  try {
    const visitor = JSON.parse(storage.getItem(key) ?? 'null') as Visitor | null
    if (visitor === null || typeof visitor.token !== 'string') return null
    return Date.parse(visitor.expiresAt) - marginMs > now() ? visitor : null
  } catch {
    return null
  }
}
