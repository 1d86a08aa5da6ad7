// A lease in memory, for elections with a fake clock; it passes the same contract suite as the real one.
import type { LeaseStore, StoredLease } from '../../../operator/loop/leader-election.ts'
import { KonstructError } from '../../../services/shared/runtime/errors.ts'

export class MemoryLeaseStore implements LeaseStore {
  #lease: StoredLease | undefined
  #version = 0
  /** While set, this is how the store fails. */
  failure: KonstructError | undefined

  async read(): Promise<StoredLease | undefined> {
    this.#check()
    return this.#lease
  }

  async create(lease: Omit<StoredLease, 'version'>): Promise<StoredLease> {
    this.#check()
    if (this.#lease !== undefined) throw new KonstructError('KUBE_CONFLICT')
    return this.#write(lease)
  }

  async update(lease: StoredLease): Promise<StoredLease> {
    this.#check()
    if (this.#lease?.version !== lease.version) throw new KonstructError('KUBE_CONFLICT')
    return this.#write(lease)
  }

  #check(): void {
    if (this.failure !== undefined) throw this.failure
  }

  #write(lease: Omit<StoredLease, 'version'>): StoredLease {
    this.#version += 1
    this.#lease = { ...lease, version: String(this.#version) }
    return this.#lease
  }
}
