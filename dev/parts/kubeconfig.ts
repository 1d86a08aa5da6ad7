// Kubeconfig files, as JSON, which every client reads: it is YAML too.
import { writeFileSync } from 'node:fs'

export interface Access {
  readonly server: string
  /** PEM text. */
  readonly certificate: string
  readonly token: string
  readonly namespace?: string
}

/** Writes the file, readable by its owner only, and returns its path. */
export const writeKubeconfig = (file: string, access: Access): string => {
  const certificate = Buffer.from(access.certificate).toString('base64')
  const { server, token, namespace = 'default' } = access
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'konstruct',
    contexts: [{ name: 'konstruct', context: { cluster: 'konstruct', user: 'konstruct', namespace } }],
    clusters: [{ name: 'konstruct', cluster: { server, 'certificate-authority-data': certificate } }],
    users: [{ name: 'konstruct', user: { token } }],
  }
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 })
  return file
}
