// Tells people, with `kubectl describe`, what happened to an object (events.k8s.io/v1). Telling is a courtesy: it never
// holds a reconcile up and never fails one.
//
// What is told again within 6 minutes raises a count of the first event (its series) in place of another event; an
// object gets 25 events or counts at once and one more every 5 minutes. The numbers are client-go's. What passes
// them is dropped, except that the next count holds it.
// A note must hold no secret and no text of a message: whoever may read events of the namespace reads it.
import { randomUUID } from 'node:crypto'
import { V1MicroTime } from '@kubernetes/client-node'
import { asKonstructError } from '../../services/shared/runtime/errors.ts'
import type { Log } from '../../services/shared/runtime/log.ts'
import type { Clock } from '../loop/clock.ts'
import type { KubeClient } from './kube-client.ts'
import type { KubeObject, Resource } from './resource.ts'

export interface Happening {
  readonly type: 'Normal' | 'Warning'
  /** CamelCase and constant: why, for machines. */
  readonly reason: string
  /** CamelCase and constant: what the operator did or tried. */
  readonly action: string
  /** A sentence, for people; what is over 1024 bytes is cut off. */
  readonly note: string
}

interface RecorderPorts {
  readonly client: Pick<KubeClient, 'create' | 'patch'>
  readonly clock: Clock
  readonly log: Log
  /** Which process tells: the pod's name. */
  readonly instance: string
}

interface Series {
  readonly name: string
  readonly begun: number
  count: number
  /** The write of the event or of its last count, and whether it was done; the next one waits for it. */
  written: Promise<boolean>
}

interface Allowance {
  left: number
  readonly since: number
}

const seriesMs = 360_000
const burst = 25
const refillMs = 300_000
const noteLimit = 1024
const most = 4096

const oldestOut = (map: Map<string, unknown>): void => {
  for (const key of map.keys()) {
    if (map.size <= most) return
    map.delete(key)
  }
}

const cut = (note: string): string => {
  const bytes = Buffer.from(note)
  return bytes.length <= noteLimit
    ? note
    : bytes
        .subarray(0, noteLimit - 3)
        .toString()
        .replace(/\uFFFD+$/u, '')
}

const kindOf = ({ apiVersion, kind }: KubeObject) => ({ apiVersion, kind })

const resourceIn = (namespace: string): Resource => ({
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  namespace,
})

export class EventRecorder {
  readonly #ports: RecorderPorts
  readonly #series = new Map<string, Series>()
  readonly #allowances = new Map<string, Allowance>()

  constructor(ports: RecorderPorts) {
    this.#ports = ports
  }

  /** Returns at once. The object needs `apiVersion`, `kind` and `uid`. */
  record(about: KubeObject, happening: Happening): void {
    const { uid = '', namespace = 'default' } = about.metadata
    const key = JSON.stringify([uid, happening])
    const series = this.#series.get(key)
    const known = series !== undefined && this.#ports.clock.now() - series.begun < seriesMs
    if (known) series.count += 1
    if (!this.#mayTell(uid)) return
    if (known) return this.#recount(series, namespace)
    const fresh = this.#begin(about, happening, namespace)
    this.#series.delete(key)
    this.#series.set(key, fresh)
    oldestOut(this.#series)
    void this.#forgetUnwritten(key, fresh)
  }

  /** When everything told so far is written, or failed to be. */
  async settled(): Promise<void> {
    await Promise.all([...this.#series.values()].map(({ written }) => written))
  }

  #begin(about: KubeObject, { type, reason, action, note }: Happening, namespace: string): Series {
    const { client, clock, instance } = this.#ports
    const { name, uid, resourceVersion } = about.metadata
    const eventName = `${name.slice(0, 200)}.${randomUUID()}`
    const event = {
      metadata: { name: eventName, namespace },
      eventTime: new V1MicroTime(clock.timeOfDay()),
      reportingController: 'konstruct.dev/operator',
      reportingInstance: instance,
      regarding: { ...kindOf(about), name, uid, resourceVersion, namespace: about.metadata.namespace },
      type,
      reason,
      action,
      note: cut(note),
    }
    const written = this.#courteously(() => client.create(resourceIn(namespace), event))
    return { name: eventName, begun: clock.now(), count: 1, written }
  }

  /** What was never told is told anew when it happens again. */
  async #forgetUnwritten(key: string, fresh: Series): Promise<void> {
    const isWritten = await fresh.written
    if (!isWritten && this.#series.get(key) === fresh) this.#series.delete(key)
  }

  #recount(series: Series, namespace: string): void {
    const { client, clock } = this.#ports
    const lastObservedTime = new V1MicroTime(clock.timeOfDay())
    series.written = series.written.then(() =>
      this.#courteously(() =>
        client.patch(resourceIn(namespace), {
          metadata: { name: series.name },
          series: { count: series.count, lastObservedTime },
        }),
      ),
    )
  }

  async #courteously(write: () => Promise<unknown>): Promise<boolean> {
    try {
      await write()
      return true
    } catch (thrown) {
      this.#ports.log.warn('event not written', { code: asKonstructError(thrown).code, error: thrown })
      return false
    }
  }

  #mayTell(uid: string): boolean {
    const now = this.#ports.clock.now()
    const allowance = this.#allowances.get(uid) ?? { left: burst, since: now }
    const refills = Math.floor((now - allowance.since) / refillMs)
    const left = Math.min(burst, allowance.left + refills)
    this.#allowances.delete(uid)
    this.#allowances.set(uid, { left: Math.max(0, left - 1), since: allowance.since + refills * refillMs })
    oldestOut(this.#allowances)
    return left > 0
  }
}
