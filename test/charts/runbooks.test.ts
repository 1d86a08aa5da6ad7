// The runbooks and the README name what a release has, whatever the release is called.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { helmWith, manifestsIn, withLeast } from './render-chart.ts'

const runbooks = readFileSync('docs/runbooks.md', 'utf8')
const readme = readFileSync('charts/konstruct/README.md', 'utf8')

const namesOf = async (release: string): Promise<ReadonlySet<string>> => {
  const text = await helmWith(withLeast({}), ['template', release, 'charts/konstruct'])
  return new Set(manifestsIn(text).map(({ metadata }) => metadata.name))
}

describe('The names in runbooks and README', function () {
  this.timeout(600_000)

  it('begin as the names in a release do, with konstruct in its name or not', async () => {
    assert.match(runbooks, /^NS=konstruct RELEASE=konstruct NAME=konstruct$/m)
    for (const [release, name] of [
      ['konstruct', 'konstruct'],
      ['chat', 'chat-konstruct'],
    ] as const) {
      const names = await namesOf(release)
      const told = [...runbooks.matchAll(/\$NAME(-[a-z-]+)/g), ...readme.matchAll(/`<name>(-[a-z-]+)`/g)]
      assert.ok(told.length > 6)
      for (const [, rest = ''] of told) assert.ok(names.has(`${name}${rest}`), `${name}${rest}`)
    }
  })

  it('do not take the release for the beginning of a name', () => {
    assert.doesNotMatch(runbooks, /\$RELEASE-/)
    assert.doesNotMatch(readme, /<release>-(?!konstruct)/)
  })
})
