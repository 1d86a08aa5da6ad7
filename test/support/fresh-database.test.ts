import assert from 'node:assert/strict'
import { Client } from 'pg'
import { freshDatabase } from './fresh-database.ts'

const query = async (url: string, sql: string): Promise<unknown[]> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows as unknown[]
  } finally {
    await client.end()
  }
}

describe('A fresh database', () => {
  let migrations = 0
  const migrate = async (url: string): Promise<void> => {
    migrations += 1
    await query(url, 'CREATE TABLE seen (id int)')
  }

  it('has what was migrated once, and nothing that another one got', async () => {
    const [one, other] = await Promise.all([freshDatabase(migrate), freshDatabase(migrate)])
    await query(one.url, 'INSERT INTO seen VALUES (1)')
    assert.equal(migrations, 1)
    assert.deepEqual(await query(one.url, 'SELECT id FROM seen'), [{ id: 1 }])
    assert.deepEqual(await query(other.url, 'SELECT id FROM seen'), [])
    await Promise.all([one.drop(), other.drop()])
  }).timeout(60_000)
})
