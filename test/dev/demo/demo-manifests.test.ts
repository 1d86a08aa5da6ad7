import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { demoManifests, sampleModel, samplesFolder } from '../../../dev/demo/demo-manifests.ts'

describe('The manifests of the demo', () => {
  const folder = mkdtempSync(join(tmpdir(), 'konstruct-manifests-'))
  after(() => rmSync(folder, { recursive: true }))

  const all = (path: string): string =>
    readdirSync(path)
      .map((name) => readFileSync(join(path, name), 'utf8'))
      .join('\n')

  it('are the samples themselves while the demo model is where they say', () => {
    assert.equal(
      demoManifests(folder, sampleModel, () => {}),
      samplesFolder,
    )
    assert.ok(all(samplesFolder).includes(sampleModel.url))
  })

  it('name another model in a copy, its key in a Secret, and tell no key', () => {
    const lines: string[] = []
    const model = { url: 'https://models.example/v1', model: 'big', key: 'sk-hidden' }
    const path = demoManifests(folder, model, (line) => lines.push(line))
    const text = all(path)
    assert.ok(text.includes('https://models.example/v1') && text.includes('apiKey: sk-hidden'))
    assert.ok(!text.includes(sampleModel.url))
    assert.ok(!lines.join().includes('sk-hidden'))
  })

  it('let nobody else read that copy, as it holds the key', () => {
    const model = { url: 'https://models.example/v1', model: 'big', key: 'sk-hidden' }
    const path = demoManifests(folder, model, () => {})
    for (const name of readdirSync(path))
      assert.equal((statSync(join(path, name)).mode & 0o777).toString(8), '600', name)
  })
})
