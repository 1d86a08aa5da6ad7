// Waits until so many connections to the database that `admin` is connected to wait for a lock of somebody else.
import type { Client } from 'pg'
import { waitUntil } from './wait-until.ts'

export const untilLockedOut = async (admin: Client, connections: number): Promise<void> => {
  await waitUntil({ until: `${connections} wait for a lock` }, async () => {
    const { rows } = await admin.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    return rows.length === connections
  })
}
