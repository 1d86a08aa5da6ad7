// The operator's settings, one table: name in the environment, unit, default, one sentence.
import { choice, integer, list, readConfig, text } from '../services/shared/runtime/read-config.ts'
import {
  databaseSettings,
  kafkaContradictions,
  partSettings,
} from '../services/shared/runtime/part-settings.ts'
import { keyringSetting } from '../services/shared/store/seal.ts'

const operatorSettings = {
  ...databaseSettings('operator', 8),
  ...partSettings,
  source: choice({
    env: 'KONSTRUCT_SOURCE',
    about: 'where Tenants and Agents come from: the Kubernetes API, or a folder of manifests',
    values: ['kubernetes', 'folder'],
    fallback: 'kubernetes',
  }),
  manifests: text({
    env: 'KONSTRUCT_MANIFESTS',
    about: 'the folder of manifests; only for the source folder',
    fallback: '',
  }),
  stateDir: text({
    env: 'KONSTRUCT_STATE_DIR',
    about: 'a folder that outlives the process, for status and identities; only for the source folder',
    fallback: '',
  }),
  kubeconfig: text({
    env: 'KUBECONFIG',
    about: 'path of a kubeconfig; left out, the service account of the pod',
    fallback: '',
  }),
  namespaces: list({
    env: 'KONSTRUCT_NAMESPACES',
    about: 'namespaces to watch, split by commas; left out, all of them',
    fallback: [],
  }),
  namespace: text({
    env: 'KONSTRUCT_NAMESPACE',
    about: 'namespace of the Lease that decides who leads; left out, that of the credentials',
    fallback: '',
  }),
  podName: text({ env: 'KONSTRUCT_POD_NAME', about: 'who we are among operators', fallback: 'operator' }),
  topicPartitions: integer({
    env: 'KONSTRUCT_TOPIC_PARTITIONS',
    about: 'partitions of the topics of turns and replies: the most consumers that can share the work',
    fallback: 32,
    min: 1,
    max: 10_000,
  }),
  topicReplication: integer({
    env: 'KONSTRUCT_TOPIC_REPLICATION',
    about: 'replicas of each partition; 3 survive the loss of a broker',
    fallback: 1,
    min: 1,
    max: 9,
  }),
  keyring: keyringSetting,
  isolationSeconds: integer({
    env: 'KONSTRUCT_ISOLATION_SECONDS',
    about: 'seconds between two looks at whether the tenants are isolated',
    fallback: 30,
    min: 1,
    max: 3_600,
  }),
  workers: integer({
    env: 'KONSTRUCT_WORKERS',
    about: 'tenants that are reconciled at the same time',
    fallback: 10,
    min: 1,
    max: 100,
  }),
  adminHost: text({
    env: 'KONSTRUCT_ADMIN_HOST',
    about: 'address that the admin port listens on',
    fallback: '0.0.0.0',
  }),
}

export type OperatorConfig = ReturnType<typeof readConfig<typeof operatorSettings>>

/** @throws KonstructError `CONFIG_INVALID` that names every wrong setting at once */
export const readOperatorConfig = (
  environment: Readonly<Record<string, string | undefined>>,
): OperatorConfig =>
  readConfig(operatorSettings, environment, (config) => {
    const misplaced = config.source === 'folder' && (config.manifests === '' || config.stateDir === '')
    return [
      ...(misplaced
        ? ['Set KONSTRUCT_MANIFESTS and KONSTRUCT_STATE_DIR, or KONSTRUCT_SOURCE=kubernetes']
        : []),
      ...kafkaContradictions(config),
    ]
  })
