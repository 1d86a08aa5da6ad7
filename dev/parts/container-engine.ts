// A container engine counts only when it answers: a client without an engine is common. Containers run in the
// foreground, so the leash that ends the client ends them too.
import { loopback, mayComeFrom } from './part.ts'
import { askProgram, findProgram } from './find-program.ts'

interface ContainerSpec {
  readonly image: string
  /** Port outside → port inside. */
  readonly ports: ReadonlyMap<number, number>
  /** Address of the ports outside; 127.0.0.1 when left out. */
  readonly host?: string
  readonly env?: Readonly<Record<string, string>>
  readonly mounts?: ReadonlyMap<string, string>
  readonly args?: readonly string[]
}

/** `docker` or `podman` when its engine answers. */
export const findContainerEngine = async (): Promise<string | undefined> => {
  if (!mayComeFrom('container')) return undefined
  for (const name of ['docker', 'podman']) {
    const engine = findProgram(name)
    if (engine !== undefined && (await askProgram(engine, ['info'])) !== undefined) return engine
  }
  return undefined
}

/** The arguments that run one container in the foreground and remove it afterwards. */
export const containerArgs = ({
  image,
  ports,
  host = loopback,
  env = {},
  mounts,
  args = [],
}: ContainerSpec): string[] => [
  'run',
  '--rm',
  '--init',
  ...[...ports].flatMap(([outside, inside]) => ['--publish', `${host}:${outside}:${inside}`]),
  ...Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
  ...[...(mounts ?? [])].flatMap(([outside, inside]) => ['--volume', `${outside}:${inside}`]),
  image,
  ...args,
]
