// How much of a tenant was deleted, over all runs that a purge took. A restart begins it anew: what went before is in the
// log.

export class PurgeReceipt {
  readonly #rows = new Map<string, number>()
  #keys = 0

  addRows(table: string, count: number): void {
    this.#rows.set(table, count + (this.#rows.get(table) ?? 0))
  }

  addKeys(count: number): void {
    this.#keys += count
  }

  /** As in `messages 2, turns 1, Redis keys 3`. */
  describe(): string {
    const tables = [...this.#rows].filter(([, count]) => count > 0)
    return [...tables.map(([table, count]) => `${table} ${count}`), `Redis keys ${this.#keys}`].join(', ')
  }
}
