// The etcd that a kube-apiserver of ours keeps its objects in.
import { join } from 'node:path'
import { awaitReady } from './await-ready.ts'
import { askProgram } from './find-program.ts'
import { freePort } from './free-port.ts'
import { type LeashedProgram, startLeashed } from './leashed-program.ts'

interface EtcdPlace {
  readonly command: string
  readonly folder: string
  /** Removed with etcd, when given. */
  readonly temporary: string | undefined
  readonly durable: boolean
}

export interface Etcd {
  readonly program: LeashedProgram
  readonly url: string
}

/** Older ones cannot skip fsync. */
const unsafeOption = async (command: string): Promise<readonly string[]> =>
  (await askProgram(command, ['--help']))?.includes('unsafe-no-fsync') ? ['--unsafe-no-fsync'] : []

/** Starts etcd on free ports of 127.0.0.1. */
export const startEtcd = async ({ command, folder, temporary, durable }: EtcdPlace): Promise<Etcd> => {
  const url = `http://127.0.0.1:${await freePort()}`
  const peer = `http://127.0.0.1:${await freePort()}`
  const program = await startLeashed({
    name: 'etcd',
    command,
    args: [
      `--data-dir=${join(folder, 'etcd')}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      ...(durable ? [] : await unsafeOption(command)),
    ],
    logFile: join(folder, 'etcd.log'),
    temporary,
  })
  const probe = async (signal: AbortSignal): Promise<boolean> => (await fetch(`${url}/health`, { signal })).ok
  await awaitReady({ name: 'etcd', program, deadlineMs: 30_000, probe })
  return { program, url }
}
