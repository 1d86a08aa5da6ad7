// A cluster that someone else made and that KUBECONFIG names: kind, k3d and minikube each have a way of their own to
// take an image that is in no registry. A container engine is there then, and builds it.
import { KonstructError } from '../../services/shared/runtime/errors.ts'
import { findContainerEngine } from '../parts/container-engine.ts'
import { findKubectl } from '../parts/find-kubernetes.ts'
import type { Report } from '../parts/part.ts'
import { runCommand } from '../parts/run-command.ts'
import { imageName, imageSources } from './build-image.ts'
import { timed } from './timed.ts'

export interface GivenCluster {
  readonly kubectl: string
  readonly kubeconfig: string
  readonly context: string
}

type CommandLine = readonly [command: string, ...args: string[]]

/** How the cluster of that context takes an image; nothing when it is none of the three. */
export const loadCommand = (context: string, image: string): CommandLine | undefined => {
  if (context.startsWith('kind-'))
    return ['kind', 'load', 'docker-image', image, '--name', context.slice('kind-'.length)]
  if (context.startsWith('k3d-'))
    return ['k3d', 'image', 'import', image, '--cluster', context.slice('k3d-'.length)]
  if (context.startsWith('minikube')) return ['minikube', 'image', 'load', image, '--profile', context]
  return undefined
}

/** @throws KonstructError `PART_UNAVAILABLE` when there is no such cluster, or none of the three kinds. */
export const findGivenCluster = async (report: Report): Promise<GivenCluster> => {
  const kubeconfig = process.env['KUBECONFIG'] ?? ''
  if (kubeconfig === '')
    throw new KonstructError('PART_UNAVAILABLE', { message: 'KUBECONFIG names no file.' })
  const kubectl = await findKubectl(report)
  const ask = (...args: string[]): Promise<string> =>
    runCommand({
      doing: 'asking the cluster',
      command: kubectl,
      args,
      env: { KUBECONFIG: kubeconfig },
      report,
    })
  const context = (await ask('config', 'current-context')).trim()
  if (loadCommand(context, '') === undefined)
    throw new KonstructError('PART_UNAVAILABLE', {
      message: `The context ${context} of KUBECONFIG is none of kind, k3d or minikube; another cluster is not touched.`,
    })
  await ask('--request-timeout=10s', 'get', '--raw=/readyz')
  return { kubectl, kubeconfig, context }
}

/** Builds the image with the container engine and gives it to the cluster. @returns its name. */
export const loadIntoGiven = async (
  { context }: GivenCluster,
  { tag, report }: { readonly tag: string | undefined; readonly report: Report },
): Promise<string> => {
  const image = imageName(tag)
  const [command, ...args] = loadCommand(context, image) ?? ['false']
  const engine = await findContainerEngine()
  if (engine === undefined)
    throw new KonstructError('PART_UNAVAILABLE', {
      message: 'No container engine answers to build the image.',
    })
  const { context: root, dockerfile, buildArgs } = imageSources()
  const given = Object.entries(buildArgs).map(([name, value]) => `--build-arg=${name}=${value}`)
  const build = ['build', `--file=${dockerfile}`, `--tag=${image}`, ...given, root]
  await timed(report, 'the image is built', () =>
    runCommand({ doing: `building ${image}`, command: engine, args: build, report }),
  )
  await timed(report, 'the image is in the cluster', () =>
    runCommand({ doing: `loading ${image}`, command, args, report }),
  )
  return image
}
