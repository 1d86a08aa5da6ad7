// Work in order per conversation: what is added to a lane begins when the lane's last work has ended.

export class FrameLanes {
  readonly #lanes = new Map<string, Promise<void>>()
  #underWay = 0

  /** How much is running or waiting. */
  get underWay(): number {
    return this.#underWay
  }

  /** `work` must not reject. */
  async run(lane: string, work: () => Promise<void>): Promise<void> {
    const before = this.#lanes.get(lane)
    const mine = before === undefined ? work() : before.then(work)
    this.#underWay += 1
    const done = mine.finally(() => {
      this.#underWay -= 1
      if (this.#lanes.get(lane) === done) this.#lanes.delete(lane)
    })
    this.#lanes.set(lane, done)
    await done
  }

  /** Resolves when all that was added so far has ended. */
  async idle(): Promise<void> {
    await Promise.all(this.#lanes.values())
  }
}
