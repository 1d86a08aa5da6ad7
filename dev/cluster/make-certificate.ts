// A certificate that vouches for itself: whoever is to trust it is given the certificate.
import { join } from 'node:path'
import type { Report } from '../parts/part.ts'
import { runCommand } from '../parts/run-command.ts'

/** Paths of files in PEM. */
export interface Certificate {
  readonly certificate: string
  readonly key: string
}

interface CertificateSpec {
  /** Of the two files, without an ending. */
  readonly name: string
  /** As openssl takes it: `/O=…/CN=…`. */
  readonly subject: string
  /** Names that a server has with it; without one it is a client's only. */
  readonly serverNames?: readonly string[]
  readonly report: Report
}

const extensionsOf = (serverNames: readonly string[]): readonly string[] => {
  if (serverNames.length === 0) return ['-addext', 'extendedKeyUsage=clientAuth']
  const names = serverNames.map((name) => `DNS:${name}`).join(',')
  return ['-addext', 'extendedKeyUsage=clientAuth,serverAuth', '-addext', `subjectAltName=${names}`]
}

export const makeCertificate = async (folder: string, spec: CertificateSpec): Promise<Certificate> => {
  const { name, subject, serverNames = [], report } = spec
  const files = { certificate: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) }
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const what = ['-days', '365', '-subj', subject, ...extensionsOf(serverNames)]
  await runCommand({
    doing: `making the certificate ${name}`,
    command: 'openssl',
    args: [...request, ...what, '-out', files.certificate, '-keyout', files.key],
    report,
  })
  return files
}
