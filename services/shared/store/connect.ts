// One connection of its own, for work that is done once and by hand: migrations, and the making of roles.
import { Client } from 'pg'
import { KonstructError } from '../runtime/errors.ts'
import type { Secret } from '../runtime/read-config.ts'
import { databaseAddress } from './database-address.ts'

const connectionTimeoutMillis = 5_000

/** @throws KonstructError `STORE_UNAVAILABLE`, or `CONFIG_INVALID` when the URL asks for what is not honoured */
export const connect = async (url: Secret, application: string): Promise<Client> => {
  const client = new Client({
    ...databaseAddress(url),
    application_name: application,
    connectionTimeoutMillis,
  })
  try {
    await client.connect()
    return client
  } catch (cause) {
    throw new KonstructError('STORE_UNAVAILABLE', { cause })
  }
}
