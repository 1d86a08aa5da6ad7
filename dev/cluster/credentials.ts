// Who may talk to the API server: each program by a token of its own, with the name that Kubernetes' own roles are
// bound to. The API server in its turn proves itself to the kubelet, and to API servers that it forwards to, with two
// certificates that each vouch for themselves.
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeKubeconfig } from '../parts/kubeconfig.ts'
import type { Report } from '../parts/part.ts'
import { apiserverUrl, nodeName } from './addresses.ts'
import { type Certificate, makeCertificate } from './make-certificate.ts'

const users = {
  admin: { user: 'admin', group: 'system:masters' },
  'kube-controller-manager': { user: 'system:kube-controller-manager', group: '' },
  'kube-scheduler': { user: 'system:kube-scheduler', group: '' },
  kubelet: { user: `system:node:${nodeName}`, group: 'system:nodes' },
  'kube-proxy': { user: 'system:kube-proxy', group: '' },
} as const

export type UserName = keyof typeof users

/** Paths of files. */
export interface Credentials {
  readonly tokens: string
  readonly serviceAccountKey: string
  /** The API server's, for kubelets. */
  readonly kubeletClient: Certificate
  /** The API server's, for those it forwards to. */
  readonly frontProxy: Certificate
  /** Writes a kubeconfig; possible once the API server has made its certificate. */
  kubeconfig(name: UserName, file: string): string
}

const makeServiceAccountKey = (file: string): string => {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  writeFileSync(file, privateKey, { mode: 0o600 })
  return file
}

/** What the API server calls itself; it vouches for itself too. */
export const apiserverCertificate = (folder: string): string => join(folder, 'apiserver.crt')

export const makeCredentials = async (folder: string, report: Report): Promise<Credentials> => {
  const names = Object.keys(users) as UserName[]
  const tokens = new Map(names.map((name) => [name, randomBytes(24).toString('base64url')]))
  const lines = names.map(
    (name) => `${tokens.get(name)},${users[name].user},${name},"${users[name].group}"\n`,
  )
  writeFileSync(join(folder, 'tokens.csv'), lines.join(''), { mode: 0o600 })
  const [kubeletClient, frontProxy] = await Promise.all([
    makeCertificate(folder, {
      name: 'kubelet-client',
      subject: '/O=system:masters/CN=kube-apiserver',
      report,
    }),
    makeCertificate(folder, { name: 'front-proxy', subject: '/CN=front-proxy', report }),
  ])
  return {
    tokens: join(folder, 'tokens.csv'),
    serviceAccountKey: makeServiceAccountKey(join(folder, 'service-accounts.key')),
    kubeletClient,
    frontProxy,
    kubeconfig: (name, file) =>
      writeKubeconfig(file, {
        server: apiserverUrl,
        certificate: readFileSync(apiserverCertificate(folder), 'utf8'),
        token: tokens.get(name) ?? '',
      }),
  }
}
