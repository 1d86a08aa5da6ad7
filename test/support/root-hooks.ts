// Runs around the whole mocha process: afterwards it stops the shared parts, then fails the run when something
// that a test opened is still open, and names it. mocha is told to exit, so a leak is a failure, never a hang.
import { stopParts } from './parts.ts'
import { describeOpen, openResources } from './open-resources.ts'

const graceMs = 3_000

/** A hook that is the first to ask for a part waits until that has started. */
const startMs = 120_000

const giveTimeToStart = (suite: Mocha.Suite): void => {
  const hooks = ['_beforeAll', '_beforeEach'].flatMap(
    (kind) => Reflect.get(suite, kind) as readonly Mocha.Hook[],
  )
  for (const hook of hooks) hook.timeout(Math.max(hook.timeout(), startMs))
  suite.suites.forEach(giveTimeToStart)
}

let before: readonly string[] = []

const leaked = (): readonly string[] => {
  const rest = [...before]
  return openResources().filter((name) => {
    const index = rest.indexOf(name)
    if (index === -1) return true
    rest.splice(index, 1)
    return false
  })
}

const settle = async (): Promise<readonly string[]> => {
  const deadline = Date.now() + graceMs
  while (leaked().length > 0 && Date.now() < deadline)
    await new Promise((resolve) => {
      setTimeout(resolve, 25)
    })
  return leaked()
}

export const mochaHooks = {
  async beforeAll(this: Mocha.Context): Promise<void> {
    giveTimeToStart(this.test?.parent as Mocha.Suite)
    await Promise.resolve() // so that mocha's own timer for an asynchronous hook is counted here as it is below
    before = openResources()
  },

  async afterAll(this: Mocha.Context): Promise<void> {
    this.timeout(60_000)
    await stopParts()
    const rest = await settle()
    if (rest.length > 0) throw new Error(`Left open by the tests: ${describeOpen(rest)}.`)
  },
}
