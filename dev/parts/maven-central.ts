// Files of Maven Central by a list of checksums, so that no build tool is needed and what comes is what was tried.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Report } from './part.ts'

interface Jar {
  readonly sha256: string
  readonly path: string
}

const central = 'https://repo1.maven.org/maven2/'
const attempts = 3
const atATime = 6

const readList = (file: URL): readonly Jar[] =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const [sha256 = '', path = ''] = line.split(/\s+/)
      return { sha256, path }
    })

const fetchOnce = async (jar: Jar): Promise<Buffer> => {
  const response = await fetch(`${central}${jar.path}`, { signal: AbortSignal.timeout(120_000) })
  if (!response.ok) throw new Error(`Maven Central answered ${response.status} for ${jar.path}`)
  const bytes = Buffer.from(await response.arrayBuffer())
  if (createHash('sha256').update(bytes).digest('hex') !== jar.sha256)
    throw new Error(`${jar.path} of Maven Central is not the file that was tried`)
  return bytes
}

const fetchJar = async (jar: Jar, folder: string): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await writeFile(join(folder, basename(jar.path)), await fetchOnce(jar))
      return
    } catch (error) {
      if (attempt === attempts) throw error
    }
  }
}

/** Fetches every file of the list (lines of `sha256sum`) into the folder, flat. */
export const fetchJars = async (list: URL, folder: string, report: Report): Promise<void> => {
  const open = readList(list).toReversed()
  const all = open.length
  let done = 0
  const worker = async (): Promise<void> => {
    for (let jar = open.pop(); jar !== undefined; jar = open.pop()) {
      await fetchJar(jar, folder)
      done += 1
      if (done % 15 === 0) report(`  … ${done} of ${all} files`)
    }
  }
  await Promise.all(Array.from({ length: atATime }, worker))
}
