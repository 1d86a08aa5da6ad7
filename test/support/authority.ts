// An authority of a test's own, which vouches for servers and clients of that test. Made with openssl.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Paths of PEM files. */
export interface Certificate {
  readonly cert: string
  readonly key: string
  /** Both in one file, as Kafka wants them. */
  readonly both: string
}

export interface Authority {
  /** What whoever is to trust it is given: the path of a PEM file. */
  readonly file: string
  /** `names` as openssl writes them, such as `DNS:localhost,IP:127.0.0.1`. */
  issue(name: string, names: string): Certificate
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']

const openssl = (...args: readonly string[]): void => {
  execFileSync('openssl', [...args], { stdio: 'pipe' })
}

/** Its files, and those of what it issues, are in `folder`. */
export const makeAuthority = (folder: string, name: string): Authority => {
  const at = (file: string): string => join(folder, `${name}-${file}`)
  const [file, key] = [at('ca.crt'), at('ca.key')]
  openssl('req', '-x509', ...newKey, '-subj', `/CN=${name}`, '-out', file, '-keyout', key)
  return {
    file,
    issue: (subject, names) => {
      const issued = { cert: at(`${subject}.crt`), key: at(`${subject}.key`), both: at(`${subject}.pem`) }
      const by = ['-CA', file, '-CAkey', key, '-addext', `subjectAltName=${names}`]
      const files = ['-out', issued.cert, '-keyout', issued.key]
      openssl('req', '-x509', ...newKey, '-subj', `/CN=${subject}`, ...by, ...files)
      writeFileSync(issued.both, `${readFileSync(issued.key, 'utf8')}${readFileSync(issued.cert, 'utf8')}`)
      return issued
    },
  }
}
