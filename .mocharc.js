// `mocha` runs everything, `mocha <file or folder>` that. With KONSTRUCT_TEST_UNIT=1 the tests that need real parts are
// left out; nothing has to be started then. The tests of a whole cluster run only when they are named.
import { existsSync } from 'node:fs'
import { testsWithParts } from './test/support/tests-with-parts.ts'

const inCi = Boolean(process.env.CI)
const unitOnly = process.env.KONSTRUCT_TEST_UNIT === '1'
const filesAreGiven = process.argv.slice(2).some((argument) => existsSync(argument))

export default {
  extension: ['test.ts'],
  recursive: true,
  spec: filesAreGiven ? [] : ['test/**/*.test.ts'],
  ignore: [
    ...(unitOnly ? testsWithParts() : []),
    ...(filesAreGiven ? [] : ['test/cluster/**', 'test/scale/**']),
  ],
  require: ['test/support/root-hooks.ts'],
  // No promise of the product: whoever waits in a test has a deadline of its own, and says what for.
  timeout: 30_000,
  exit: true,
  slow: 1_000,
  forbidOnly: inCi,
}
