// Keeps a store in step with the API server, and tells which keys changed. It never gives up and never throws.
//
//   list      read everything; the store becomes that
//   watch     apply each change as it comes; the server ends it after 5 to 10 minutes, and the next one goes on there
//   wait      after a failure: 800 ms, doubling to 30 s, from the start again after 2 minutes of health; at least as
//             long as the server asked for. Then watch on, or list when the server no longer has our version (410)
//
// The numbers are client-go's. A watch that said nothing for 90 s may be dead and is replaced, at once and without a
// word: silence alone proves nothing, since a watch that has seen no change gets no bookmarks either (none in 150 s of
// kube-apiserver 1.35; after one change, one a minute). Once an hour it lists again, in case anything was missed.
// Who stops a run makes whatever it still has in flight inert.
import { asKonstructError, type KonstructError } from '../../services/shared/runtime/errors.ts'
import type { Log } from '../../services/shared/runtime/log.ts'
import { backoff } from '../loop/backoff.ts'
import { pause, type Clock } from '../loop/clock.ts'
import type { Lane } from '../loop/work-queue.ts'
import type { KubeClient } from './kube-client.ts'
import type { KubeMetrics, ReflectorMetrics } from './kube-metrics.ts'
import { isWorthALook, ObjectStore, type Change } from './object-store.ts'
import { keyOf, type KubeObject, type Resource } from './resource.ts'
import type { WatchEvent } from './watch-stream.ts'

export interface ReflectorPorts {
  readonly client: Pick<KubeClient, 'list' | 'watch'>
  readonly clock: Clock
  readonly metrics: Pick<KubeMetrics, 'reflector'>
  readonly log: Log
  /** A number from 0 up to 1; left out: Math.random. */
  readonly random?: () => number
}

export interface ReflectorOptions<Kind extends KubeObject> {
  readonly resource: Resource
  /** Told of each key that wants a look; must only note it down. */
  readonly onKey: (key: string, lane: Lane) => void
  /** The keys that an object concerns, asked for what it was and for what it is; left out: its own key. */
  readonly keysOf?: (object: Kind) => readonly string[]
  /** What `by` finds an object by; left out: nothing. */
  readonly indexOf?: (object: Kind) => string | undefined
  /** How long a watch may say nothing before it is replaced; left out: 90 s. */
  readonly silenceMs?: number
}

const retryBounds = { firstMs: 800, maxMs: 30_000 }
const healthyMs = 120_000
const defaultSilenceMs = 90_000
const shortWatchMs = 1_000
const relistMs = 3_600_000
const watchSeconds = 300

export class Reflector<Kind extends KubeObject> {
  readonly #ports: ReflectorPorts
  readonly #options: ReflectorOptions<Kind>
  readonly #metrics: ReflectorMetrics
  readonly #random: () => number
  readonly #store: ObjectStore<Kind>
  readonly #firstList = Promise.withResolvers<void>()
  #synced = false
  #forbidden = false
  /** Where to watch on; undefined: list. */
  #version: string | undefined
  #listedAt = 0
  #failures = 0
  #failedAt = 0
  #run: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined

  constructor(ports: ReflectorPorts, options: ReflectorOptions<Kind>) {
    this.#ports = ports
    this.#options = options
    this.#store = new ObjectStore(options.indexOf)
    this.#metrics = ports.metrics.reflector(options.resource.plural)
    this.#random = ports.random ?? Math.random
  }

  start(): void {
    if (this.#run !== undefined) return
    const stop = new AbortController()
    this.#run = { stop, ended: this.#follow(stop.signal) }
  }

  /** Nothing is told and the store does not change from here on. */
  async stop(): Promise<void> {
    this.#run?.stop.abort()
    await this.#run?.ended
    this.#run = undefined
  }

  /** Whether the store has held everything once; it then stays true, for old knowledge is better than none. */
  hasSynced(): boolean {
    return this.#synced
  }

  /** Whether the API server refused to let us read when it was last asked. */
  isForbidden(): boolean {
    return this.#forbidden
  }

  whenSynced(): Promise<void> {
    return this.#firstList.promise
  }

  get(key: string): Kind | undefined {
    return this.#store.get(key)
  }

  /** The objects of which `indexOf` says this. */
  by(index: string): readonly Kind[] {
    return this.#store.by(index)
  }

  all(): readonly Kind[] {
    return this.#store.all()
  }

  async #follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#version === undefined || this.#isOld()) await this.#list(signal)
        else await this.#watch(this.#version, signal)
      } catch (thrown) {
        if (!signal.aborted) await this.#recover(asKonstructError(thrown), signal)
      }
    }
  }

  #isOld(): boolean {
    return this.#ports.clock.now() - this.#listedAt > relistMs
  }

  async #list(signal: AbortSignal): Promise<void> {
    this.#metrics.listed()
    const { items, resourceVersion } = await this.#ports.client.list<Kind>(this.#options.resource, signal)
    if (signal.aborted) return
    const first = !this.#synced
    for (const change of this.#store.replace(items))
      this.#tell(change, first || !isWorthALook(change) ? 'sweep' : 'change')
    this.#version = resourceVersion
    this.#listedAt = this.#ports.clock.now()
    this.#synced = true
    this.#forbidden = false
    this.#metrics.synced()
    this.#firstList.resolve()
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#ports
    const { resource, silenceMs = defaultSilenceMs } = this.#options
    const timeoutSeconds = Math.round(watchSeconds * (1 + this.#random()))
    const began = clock.now()
    let events = 0
    this.#metrics.watched()
    const watch = { resourceVersion, timeoutSeconds, silenceMs }
    for await (const event of client.watch<Kind>(resource, watch, signal)) {
      if (signal.aborted) return
      this.#hear(event)
      events += 1
    }
    const wasted = events === 0 && clock.now() - began < shortWatchMs
    if (wasted && !signal.aborted) await this.#wait(0, signal)
  }

  #hear({ type, object }: WatchEvent<Kind>): void {
    this.#metrics.heard()
    this.#version = object.metadata.resourceVersion
    if (type === 'BOOKMARK') return
    const change = type === 'DELETED' ? this.#store.remove(object) : this.#store.put(object)
    if (isWorthALook(change)) this.#tell(change, 'change')
  }

  #tell({ before, after }: Change<Kind>, lane: Lane): void {
    const { keysOf = (object: Kind) => [keyOf(object)], onKey } = this.#options
    const objects = [before, after].filter((object) => object !== undefined)
    try {
      for (const key of new Set(objects.flatMap(keysOf))) onKey(key, lane)
    } catch (error) {
      this.#ports.log.error('change not told', { resource: this.#options.resource.plural, error })
    }
  }

  async #recover(error: KonstructError, signal: AbortSignal): Promise<void> {
    const { resource } = this.#options
    this.#metrics.failed(error.code)
    if (error.code === 'KUBE_EXPIRED') this.#version = undefined
    this.#forbidden = error.code === 'KUBE_FORBIDDEN'
    const { namespace, plural } = resource
    const name = namespace === undefined ? plural : `${namespace}/${plural}`
    const facts = { resource: name, code: error.code, attempt: this.#failures + 1, error }
    this.#ports.log.warn(this.#version === undefined ? 'list needed again' : 'watch broken', facts)
    await this.#wait(error.retryAfterMs ?? 0, signal)
  }

  async #wait(atLeastMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#ports
    if (clock.now() - this.#failedAt > healthyMs) this.#failures = 0
    this.#failedAt = clock.now()
    const ms = Math.max(atLeastMs, backoff(retryBounds, this.#failures, this.#random()))
    this.#failures += 1
    await pause(clock, ms, signal)
  }
}
