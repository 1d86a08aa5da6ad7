// What `npm run cluster -- …` can be told.
import { parseArgs } from 'node:util'
import { KonstructError } from '../../services/shared/runtime/errors.ts'

const verbs = ['up', 'down', 'status', 'load', 'stores', 'keda'] as const
export type Verb = (typeof verbs)[number]

export interface ClusterArguments {
  readonly verb: Verb
  /** Take the cluster that KUBECONFIG names instead of making one. */
  readonly useKubeconfig: boolean
  /** Of the image; the version in package.json when left out. */
  readonly tag: string | undefined
}

const usage = `npm run cluster -- up|down|status|load|stores|keda [options]
  up                   make a cluster of one node on this machine (root, Linux), or tell how to reach it
  down                 end it; nothing of it is left
  status               its programs, nodes and pods
  load                 build the image from the Dockerfile and load it into the cluster
  stores               load what values-dev.yaml needs: PostgreSQL, Redis, Kafka and storage
  keda                 install KEDA into it, built from its Go module
  --tag TAG            of the image (default: the version in package.json)
  --use-kubeconfig     with up, status and load: the kind, k3d or minikube cluster that KUBECONFIG names`

const invalid = (sentence: string, cause?: unknown): KonstructError =>
  new KonstructError('CONFIG_INVALID', { message: `${sentence}\n\n${usage}`, cause })

const parse = (given: readonly string[]) => {
  try {
    return parseArgs({
      args: [...given],
      allowPositionals: true,
      options: {
        'use-kubeconfig': { type: 'boolean', default: false },
        tag: { type: 'string' },
      },
    })
  } catch (thrown) {
    throw invalid((thrown as Error).message, thrown)
  }
}

const isVerb = (word: string | undefined): word is Verb => verbs.some((verb) => verb === word)

/** As image references allow it. */
const tagPattern = /^\w[\w.-]{0,127}$/

/** @throws KonstructError `CONFIG_INVALID` that tells the usage. */
export const readArguments = (given: readonly string[]): ClusterArguments => {
  const { positionals, values } = parse(given)
  const [verb, ...further] = positionals
  if (!isVerb(verb) || further.length > 0) throw invalid(`Say one of ${verbs.join(', ')}.`)
  if (values.tag !== undefined && verb !== 'load') throw invalid('--tag goes with load.')
  if (values.tag !== undefined && !tagPattern.test(values.tag))
    throw invalid('--tag is not a tag of an image.')
  return { verb, useKubeconfig: values['use-kubeconfig'], tag: values.tag }
}
