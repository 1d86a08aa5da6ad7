import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { matchesGlob } from 'node:path'

const dockerfile = readFileSync('Dockerfile', 'utf8').replaceAll('\\\n', ' ')
const lines = dockerfile.split('\n').filter((line) => line !== '' && !line.startsWith('#'))

const stage = (from: string): readonly string[] => {
  const start = lines.indexOf(from)
  const length = lines.slice(start + 1).findIndex((line) => line.startsWith('FROM '))
  return lines.slice(start, length === -1 ? undefined : start + 1 + length)
}

/** What the image is made of: a stage and, without that which warms it up, the last one. */
const image = [...stage('FROM ${BASE} AS application'), ...stage('FROM application')]

const ignored = readFileSync('.dockerignore', 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))

/** As Docker reads it: the last line that matches the path, or a folder above it, decides; `*` matches dots too. */
const isInContext = (path: string): boolean => {
  const folders = path.split('/').map((_, index, names) => names.slice(0, index + 1).join('/'))
  const last = ignored.findLast((line) =>
    folders.some((name) => line === '*' || matchesGlob(name, line.replace('!', ''))),
  )
  return last === undefined || last.startsWith('!')
}

const copied = lines
  .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
  .flatMap((line) => line.split(/\s+/).slice(1, -1))

describe('The Dockerfile', () => {
  it('starts from node:24-slim unless told otherwise', () => {
    assert.equal(lines[0], 'ARG BASE=node:24-slim')
    for (const line of lines.filter((one) => one.startsWith('FROM ')))
      assert.match(line, /^FROM (\$\{BASE\}|dependencies|application)( AS \w+)?$/)
  })

  it('copies what is there and is not left out of the context', () => {
    assert.ok(copied.length > 5)
    for (const path of copied) {
      assert.ok(existsSync(path), path)
      assert.ok(isInContext(path), path)
    }
  })

  it('gets nothing of development, of git or of the test folder', () => {
    for (const path of [
      'node_modules',
      '.git',
      'test',
      'dev/demo',
      'docs',
      'services/webchat/dist',
      '.npmrc',
    ])
      assert.equal(isInContext(path), false, path)
  })

  it('installs production packages only, by the lock file, and runs no script of theirs', () => {
    const installs = lines.filter((line) => /npm (ci|install)/.test(line))
    assert.equal(installs.length, 2)
    assert.match(installs[0] ?? '', /npm ci --omit=dev --ignore-scripts/)
    for (const line of installs) assert.match(line, /--ignore-scripts/)
    assert.ok(image.every((line) => !line.startsWith('RUN ')))
    assert.ok(image.includes('COPY --from=dependencies /build/app/node_modules node_modules'))
  })

  it('ends as a user without rights, by number', () => {
    assert.ok(image.includes('USER 1000:1000'))
    assert.ok(image.includes('CMD ["node", "services/gateway/main.ts"]'))
  })

  it('names parts that are there', () => {
    const named = [...dockerfile.matchAll(/node ((?:services|operator|migrations)\/\S*main\.ts)/g)]
    assert.equal(named.length, 4)
    for (const [, path] of named) assert.ok(existsSync(path ?? ''), path)
  })
})
