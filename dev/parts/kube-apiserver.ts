// A real kube-apiserver on an etcd of its own: RBAC, CRDs, admission and service accounts work; there are no nodes and
// no controllers, so nothing runs pods, collects garbage or finishes the deletion of a namespace.
// It makes its own serving certificate, which is also what clients trust; the admin is a random static token.
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { awaitReady } from './await-ready.ts'
import { startEtcd } from './etcd.ts'
import { findKubectl, findKubernetes } from './find-kubernetes.ts'
import { choosePort } from './free-port.ts'
import { type Access, writeKubeconfig } from './kubeconfig.ts'
import { type LeashedProgram, startLeashed } from './leashed-program.ts'
import { givenPart, ownPart, type Part, partFolder, reportToStderr, type StartOptions } from './part.ts'

export interface KubePart extends Part {
  /** Path of the admin's kubeconfig. */
  readonly kubeconfig: string
  /** Path of the program `kubectl`. */
  readonly kubectl: string
}

interface KubeOptions extends StartOptions {
  /** `false`: no fsync, for data that need not outlive a crash of the machine. */
  readonly durable?: boolean
}

interface Place {
  readonly folder: string
  readonly port: number
  readonly etcdUrl: string
}

const certificateOf = (folder: string): string => join(folder, 'certificates/apiserver.crt')

/** The admin's token and the key that signs service accounts' tokens; made once per folder. */
const makeCredentials = (folder: string): string => {
  const tokenFile = join(folder, 'tokens.csv')
  if (existsSync(tokenFile)) return readFileSync(tokenFile, 'utf8').split(',')[0] ?? ''
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  writeFileSync(join(folder, 'service-accounts.key'), privateKey, { mode: 0o600 })
  const token = randomBytes(24).toString('base64url')
  writeFileSync(tokenFile, `${token},admin,admin,"system:masters"\n`, { mode: 0o600 })
  return token
}

const argsFor = ({ folder, port, etcdUrl }: Place): readonly string[] => [
  `--etcd-servers=${etcdUrl}`,
  '--bind-address=127.0.0.1',
  `--secure-port=${port}`,
  '--advertise-address=127.0.0.1',
  // The address is a loopback, which the Service `kubernetes` must not point to.
  '--endpoint-reconciler-type=none',
  `--cert-dir=${join(folder, 'certificates')}`,
  '--authorization-mode=RBAC',
  `--token-auth-file=${join(folder, 'tokens.csv')}`,
  '--service-account-issuer=https://kubernetes.default.svc',
  `--service-account-key-file=${join(folder, 'service-accounts.key')}`,
  `--service-account-signing-key-file=${join(folder, 'service-accounts.key')}`,
  '--service-cluster-ip-range=10.0.0.0/24',
  '--profiling=false',
]

const isReady = async (access: Access, signal: AbortSignal): Promise<boolean> => {
  const answer = request(`${access.server}/readyz`, {
    ca: access.certificate,
    headers: { authorization: `Bearer ${access.token}` },
    agent: false,
    signal,
  }).end()
  const [response] = (await once(answer, 'response')) as [IncomingMessage]
  response.resume()
  return response.statusCode === 200
}

/** One part of two programs: etcd ends last, and takes the folder with it. */
const together = (apiserver: LeashedProgram, etcd: LeashedProgram): LeashedProgram => ({
  ...apiserver,
  exited: Promise.race([apiserver.exited, etcd.exited]),
  stop: async () => {
    await apiserver.stop()
    await etcd.stop()
  },
  kill: async () => {
    await Promise.all([apiserver.kill(), etcd.kill()])
  },
})

/** Starts a kube-apiserver on 127.0.0.1, or takes the cluster that `KONSTRUCT_PART_KUBECONFIG` names. */
export const startKubeApiserver = async (options: KubeOptions = {}): Promise<KubePart> => {
  const given = process.env['KONSTRUCT_PART_KUBECONFIG']
  if (given === undefined || given === '') return startOwnKubeApiserver(options)
  const kubectl = await findKubectl(options.report ?? reportToStderr)
  return { ...givenPart('kube-apiserver'), kubeconfig: given, kubectl }
}

/** Starts one of one's own, whatever the environment names: for those who kill it. */
export const startOwnKubeApiserver = async (options: KubeOptions = {}): Promise<KubePart> => {
  const { durable = true, report = reportToStderr } = options
  const found = await findKubernetes(report)
  const { folder, temporary } = partFolder('kube', options.folder)
  const token = makeCredentials(folder)
  const etcd = await startEtcd({ command: found.etcd, folder, temporary, durable })
  const port = await choosePort('kube-apiserver', options.port)
  const apiserver = await startLeashed({
    name: 'kube-apiserver',
    command: found.kubeApiserver,
    args: argsFor({ folder, port, etcdUrl: etcd.url }),
    logFile: join(folder, 'kube-apiserver.log'),
    graceMs: 5_000,
  })
  const program = together(apiserver, etcd.program)
  const access = (): Access => ({
    server: `https://127.0.0.1:${port}`,
    certificate: readFileSync(certificateOf(folder), 'utf8'),
    token,
  })
  const probe = (signal: AbortSignal): Promise<boolean> => isReady(access(), signal)
  await awaitReady({ name: 'kube-apiserver', program, deadlineMs: 120_000, probe })
  const kubeconfig = writeKubeconfig(join(folder, 'kubeconfig'), access())
  return { ...ownPart('kube-apiserver', found.origin, program), kubeconfig, kubectl: found.kubectl }
}
