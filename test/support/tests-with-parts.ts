// Which test files need real parts: those from whose imports the folder that starts them can be reached. Nobody has to
// mark a test, and nobody can forget to.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const importPattern = /(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g

const importsOf = (file: string): readonly string[] =>
  [...readFileSync(file, 'utf8').matchAll(importPattern)]
    .map((match) => join(dirname(file), match[1] ?? ''))
    .filter((path) => existsSync(path))

/** Every file that `file` imports, directly or not, itself included; paths are relative to the working folder. */
const reachedFrom = (file: string): ReadonlySet<string> => {
  const reached = new Set<string>()
  const open = [file]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (reached.has(next)) continue
    reached.add(next)
    open.push(...importsOf(next))
  }
  return reached
}

/** The test files that reach `dev/parts/`, as paths from the root of the repository, where mocha runs. */
export const testsWithParts = (): readonly string[] =>
  globSync('test/**/*.test.ts').filter((file) =>
    [...reachedFrom(file)].some((path) => path.startsWith('dev/parts/')),
  )
