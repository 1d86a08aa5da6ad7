// What a service knows of its tenants. It follows the revisions that the operator publishes and reads a tenant again
// when its revision grew, or all revisions went back; while PostgreSQL or the operator is away it goes on with what it knows.
import type { TenantConfig } from '../domain/tenant-config.ts'
import type { Secret } from '../runtime/read-config.ts'
import type { Log } from '../runtime/log.ts'
import type { Database } from '../store/database.ts'
import {
  readRevisions,
  readTenant,
  readTenantIndex,
  type TenantIndexEntry,
  type TenantRevision,
} from '../store/read-tenant.ts'
import { openSecret, type Keyring, type SealedSecret } from '../store/seal.ts'

interface DirectoryPorts {
  readonly database: Database
  readonly keyring: Keyring
  readonly log: Log
}

export interface KnownTenant {
  /** Of the Tenant resource: a tenant created again under the same name has another one. */
  readonly uid: string
  readonly config: TenantConfig
  /** Opens one of the tenant's secrets; null when it has none of that name. @throws `SECRET_UNREADABLE` */
  readonly secret: (name: string) => Secret | null
}

/** The operator's changes must be followed within 2 s; an empty poll costs one indexed read. In milliseconds. */
const pollEveryMs = 500

/** A process that begins, or a database that was restored, has all tenants to load: so many at a time, as the pool allows. */
const loadedAtOnce = 8

const isKnownAs = ({ uid, revision }: TenantIndexEntry, known: KnownTenant | undefined): boolean =>
  known?.uid === uid && known.config.revision === revision

type ChangeListener = (tenant: string, known: KnownTenant | undefined) => void

export class TenantDirectory {
  readonly #ports: DirectoryPorts
  readonly #tenants = new Map<string, KnownTenant>()
  readonly #listeners = new Set<ChangeListener>()
  #revision = 0
  #synced = false
  #failing = false
  #timer: NodeJS.Timeout | undefined
  #closed = false
  #running: Promise<void> = Promise.resolve()

  constructor(ports: DirectoryPorts) {
    this.#ports = ports
  }

  /** True once everything published was read at least once. */
  get synced(): boolean {
    return this.#synced
  }

  get(tenant: string): KnownTenant | undefined {
    return this.#tenants.get(tenant)
  }

  get size(): number {
    return this.#tenants.size
  }

  /** Called after each change of a tenant, with undefined when it is gone. */
  onChange(listener: ChangeListener): void {
    this.#listeners.add(listener)
  }

  /** Begins to follow; a database that is away is tried again. */
  start(): void {
    this.#running = this.#poll()
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#running
  }

  async #poll(): Promise<void> {
    try {
      await this.#follow()
      if (this.#failing) this.#ports.log.info('configuration is followed again')
      this.#failing = false
      this.#synced = true
    } catch (thrown) {
      if (!this.#failing) this.#ports.log.warn('configuration cannot be followed', { error: thrown })
      this.#failing = true
    }
    if (this.#closed) return
    this.#timer = setTimeout(() => {
      this.#running = this.#poll()
    }, pollEveryMs)
  }

  async #follow(): Promise<void> {
    const { changed, count, newest } = await readRevisions(this.#ports.database, this.#revision)
    await this.#load(changed)
    this.#revision = changed.at(-1)?.revision ?? this.#revision
    if (count !== this.#tenants.size || newest < this.#revision) await this.#compare()
  }

  async #load(tenants: readonly TenantRevision[]): Promise<void> {
    for (let from = 0; from < tenants.length; from += loadedAtOnce)
      await Promise.all(tenants.slice(from, from + loadedAtOnce).map(({ tenant }) => this.#reload(tenant)))
  }

  async #reload(tenant: string): Promise<void> {
    const published = await readTenant(this.#ports.database, tenant)
    if (published === null) return
    const secrets = new Map(published.secrets.map((secret) => [secret.name, secret]))
    this.#change(tenant, {
      uid: published.entry.uid,
      config: published.config,
      secret: (name) => this.#open(tenant, secrets.get(name)),
    })
  }

  #open(tenant: string, secret: SealedSecret | undefined): Secret | null {
    return secret === undefined ? null : openSecret(this.#ports.keyring, tenant, secret)
  }

  /**
   * Tenants are gone, or revisions went back: a backup was restored, or a replica took over that had not seen the last of them.
   * Whatever is known by another revision than it has now is read again.
   */
  async #compare(): Promise<void> {
    const index = await readTenantIndex(this.#ports.database)
    const present = new Set(index.map(({ tenant }) => tenant))
    for (const tenant of this.#tenants.keys()) if (!present.has(tenant)) this.#change(tenant, undefined)
    await this.#load(index.filter((entry) => !isKnownAs(entry, this.#tenants.get(entry.tenant))))
    this.#revision = Math.max(0, ...index.map(({ revision }) => revision))
  }

  #change(tenant: string, known: KnownTenant | undefined): void {
    if (known === undefined) this.#tenants.delete(tenant)
    else this.#tenants.set(tenant, known)
    this.#ports.log.info('tenant configuration changed', { tenant, reason: known?.config.state ?? 'gone' })
    for (const listener of this.#listeners) listener(tenant, known)
  }
}
