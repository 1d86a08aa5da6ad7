// The URL of Redis, read strictly: ioredis would take any parameter of it for an option of ours, and `REDISS://` for a
// connection without TLS. `rediss:` means TLS whose certificate is verified, by the host's name and by an authority that
// Node trusts (NODE_EXTRA_CA_CERTS adds some); that cannot be switched off.
import { isIP } from 'node:net'
import { KonstructError } from '../runtime/errors.ts'
import { Secret, type Setting } from '../runtime/read-config.ts'
import { readStoreUrl } from '../runtime/store-url.ts'

interface RedisAddress {
  readonly host: string
  readonly port: number
  /** A user of Redis' ACL; without one the password is the default user's. */
  readonly username?: string
  readonly password?: string
  readonly db: number
  readonly tls?: { readonly rejectUnauthorized: true; readonly servername?: string }
}

const expected = {
  schemes: ['redis', 'rediss'],
  port: 6379,
  example: 'rediss://user:password@host:6379/0',
}

const parse = (text: string): RedisAddress => {
  const { scheme, host, port, user, password, path, parameters } = readStoreUrl(text, expected)
  const [foreign] = parameters.keys()
  if (foreign !== undefined)
    throw new Error(`has the parameter ${foreign}, which would not be honoured: leave it out`)
  if (!/^\d*$/.test(path))
    throw new Error(`must end in the number of a database, such as ${expected.example}`)
  // Where several servers share an address, the name tells which is meant; ioredis leaves it out.
  const name = isIP(host) === 0 ? { servername: host } : {}
  return {
    host,
    port,
    db: Number(path),
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
    ...(scheme === 'rediss' ? { tls: { rejectUnauthorized: true, ...name } } : {}),
  }
}

/** @throws KonstructError `CONFIG_INVALID` */
export const redisAddress = (url: Secret): RedisAddress => {
  try {
    return parse(url.reveal())
  } catch (thrown) {
    throw new KonstructError('CONFIG_INVALID', { message: `The URL of Redis ${(thrown as Error).message}.` })
  }
}

/** A setting that holds such a URL, checked when it is read. */
export const redisUrl = (options: Pick<Setting<Secret>, 'env' | 'about'>): Setting<Secret> => ({
  ...options,
  parse: (given) => {
    parse(given)
    return new Secret(given)
  },
})
