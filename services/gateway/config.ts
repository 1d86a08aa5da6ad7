// The gateway's settings, one table: name in the environment, unit, default, one sentence.
import { integer, readConfig, Secret, text, type Setting } from '../shared/runtime/read-config.ts'
import { databaseSettings, kafkaContradictions, partSettings } from '../shared/runtime/part-settings.ts'
import { keyringSetting } from '../shared/store/seal.ts'

/** As long as the output of the hash that the tenants' keys are derived with, so that none of it is wasted. */
const leastVisitorKeyBytes = 32

const visitorKeySetting: Setting<Secret> = {
  env: 'KONSTRUCT_VISITOR_KEY',
  about: `random text of at least ${leastVisitorKeyBytes} bytes; the keys that sign visitor tokens are derived from it`,
  parse: (given) => {
    if (Buffer.byteLength(given) < leastVisitorKeyBytes)
      throw new Error(`must be at least ${leastVisitorKeyBytes} bytes long`)
    return new Secret(given)
  },
}

const originsSetting: Setting<readonly string[]> = {
  env: 'KONSTRUCT_PUBLIC_ORIGINS',
  about: "the gateway's own origins as browsers see them, split by commas; left out, the Host header tells",
  fallback: [],
  parse: (given) =>
    given.split(',').map((part) => {
      const origin = part.trim()
      if (!URL.canParse(origin) || new URL(origin).origin !== origin)
        throw new Error('must be origins such as https://chat.example, without a path')
      return origin
    }),
}

const gatewaySettings = {
  ...databaseSettings('app', 16),
  ...partSettings,
  port: integer({
    env: 'KONSTRUCT_PORT',
    about: 'TCP port of chat and its page',
    fallback: 8080,
    min: 0,
    max: 65_535,
  }),
  host: text({ env: 'KONSTRUCT_HOST', about: 'address that both ports listen on', fallback: '0.0.0.0' }),
  publishTimeoutMs: integer({
    env: 'KONSTRUCT_PUBLISH_TIMEOUT_MS',
    about: 'milliseconds after which a message that Kafka does not take is refused',
    fallback: 10_000,
    min: 100,
    max: 60_000,
  }),
  keyring: keyringSetting,
  visitorKey: visitorKeySetting,
  publicOrigins: originsSetting,
  trustedProxies: integer({
    env: 'KONSTRUCT_TRUST_PROXY',
    about: 'proxies in front that append to X-Forwarded-For; 0 believes nobody',
    fallback: 0,
    min: 0,
    max: 10,
  }),
  visitorsPerMinute: integer({
    env: 'KONSTRUCT_VISITORS_PER_MINUTE',
    about: 'visitor tokens a minute for one address, in the long run, from this process',
    fallback: 60,
    min: 1,
    max: 1_000_000,
  }),
  visitorsBurst: integer({
    env: 'KONSTRUCT_VISITORS_BURST',
    about: 'visitor tokens at once for one address, from this process',
    fallback: 200,
    min: 1,
    max: 1_000_000,
  }),
  readsPerMinute: integer({
    env: 'KONSTRUCT_READS_PER_MINUTE',
    about: 'lists of agents and pages of history a minute for one user, in the long run, from this process',
    fallback: 600,
    min: 1,
    max: 1_000_000,
  }),
  readsBurst: integer({
    env: 'KONSTRUCT_READS_BURST',
    about: 'lists of agents and pages of history at once for one user; each open tab asks for some',
    fallback: 600,
    min: 1,
    max: 1_000_000,
  }),
  asksPerMinute: integer({
    env: 'KONSTRUCT_ASKS_PER_MINUTE',
    about: 'frames other than sends a minute for one user, in the long run, from this process',
    fallback: 300,
    min: 1,
    max: 1_000_000,
  }),
  asksBurst: integer({
    env: 'KONSTRUCT_ASKS_BURST',
    about: 'frames other than sends at once for one user; each open tab that reconnects sends some',
    fallback: 1_000,
    min: 1,
    max: 1_000_000,
  }),
  maxConnections: integer({
    env: 'KONSTRUCT_MAX_CONNECTIONS',
    about: 'WebSockets of this process',
    fallback: 10_000,
    min: 1,
    max: 1_000_000,
  }),
  maxConnectionsPerTenant: integer({
    env: 'KONSTRUCT_MAX_CONNECTIONS_PER_TENANT',
    about: 'WebSockets of one tenant at this process',
    fallback: 5_000,
    min: 1,
    max: 1_000_000,
  }),
  maxConnectionsPerAddress: integer({
    env: 'KONSTRUCT_MAX_CONNECTIONS_PER_ADDRESS',
    about: 'WebSockets of one address at this process; an office behind one address needs room',
    fallback: 1_000,
    min: 1,
    max: 1_000_000,
  }),
  framesPerSecond: integer({
    env: 'KONSTRUCT_FRAMES_PER_SECOND',
    about: 'frames a second of one WebSocket in the long run; twice as many at once',
    fallback: 50,
    min: 1,
    max: 100_000,
  }),
  maxFollowed: integer({
    env: 'KONSTRUCT_MAX_FOLLOWED',
    about: 'conversations that one WebSocket follows at once',
    fallback: 200,
    min: 1,
    max: 100_000,
  }),
  pingEveryMs: integer({
    env: 'KONSTRUCT_PING_EVERY_MS',
    about: 'milliseconds between pings; a peer silent for two is closed',
    fallback: 25_000,
    min: 50,
    max: 300_000,
  }),
  slowReaderBytes: integer({
    env: 'KONSTRUCT_SLOW_READER_BYTES',
    about: 'bytes buffered for one WebSocket from which on it gets no more deltas',
    fallback: 1024 * 1024,
    min: 1_024,
    max: 1024 * 1024 * 1024,
  }),
  stuckReaderBytes: integer({
    env: 'KONSTRUCT_STUCK_READER_BYTES',
    about: 'bytes buffered for one WebSocket from which on it is closed',
    fallback: 8 * 1024 * 1024,
    min: 1_024,
    max: 1024 * 1024 * 1024,
  }),
  drainSpreadMs: integer({
    env: 'KONSTRUCT_DRAIN_SPREAD_MS',
    about: 'milliseconds over which the WebSockets are closed when this process ends',
    fallback: 5_000,
    min: 0,
    max: 600_000,
  }),
  webchatFolder: text({
    env: 'KONSTRUCT_WEBCHAT_FOLDER',
    about: 'folder of the built chat page',
    fallback: new URL('../webchat/dist', import.meta.url).pathname,
  }),
} as const

export type GatewayConfig = ReturnType<typeof readGatewayConfig>

/** @throws KonstructError `CONFIG_INVALID` */
export const readGatewayConfig = (environment: Readonly<Record<string, string | undefined>>) =>
  readConfig(gatewaySettings, environment, kafkaContradictions)
