import assert from 'node:assert/strict'
import { testsWithParts } from './tests-with-parts.ts'

describe('Tests that need parts', () => {
  it('are those that can reach dev/parts, also through other files', () => {
    const found = testsWithParts()
    assert.ok(found.includes('test/dev/parts/parts.test.ts'), 'by its own import')
    assert.ok(found.includes('test/support/fresh-database.test.ts'), 'through fresh-database.ts')
    assert.ok(!found.includes('test/services/shared/redis/keys.test.ts'), 'a pure test')
  })
})
