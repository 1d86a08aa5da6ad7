// The project as it was at an earlier commit, in a folder of its own.
import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A shallow clone, or sources without a repository, may not have it. */
export const hasCommit = (commit: string): boolean => {
  try {
    execFileSync('git', ['cat-file', '-e', `${commit}^{commit}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** @returns the folder; it is the caller's to remove */
export const unpackTree = (commit: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'konstruct-earlier-'))
  const packed = execFileSync('git', ['archive', commit], { maxBuffer: 256 * 1024 * 1024 })
  execFileSync('tar', ['-x', '-C', folder], { input: packed })
  return folder
}
