// Something that can be asked and answers at once: a conversation at Konstruct, or the model itself.

export interface Asked {
  /** Milliseconds from the question to the first word of the answer. */
  readonly first: Promise<number>
  /** Resolves when the answer is whole. */
  readonly ended: Promise<void>
}

export interface Line {
  ask(): Asked
  close(): void
}

/** A stopwatch; `process.hrtime` is one clock for all processes of a machine. In milliseconds. */
export const stopwatch = (): (() => number) => {
  const since = process.hrtime.bigint()
  return () => Number(process.hrtime.bigint() - since) / 1e6
}
