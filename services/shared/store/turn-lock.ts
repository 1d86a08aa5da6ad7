// The lock that says: this turn is being stored. Whoever stores a turn holds it until its commit is done or undone, whoever
// claims one waits for it. A claim can come first because a turn is queued while its commit still waits for the disk.

/** SQL: the key of an advisory lock. `turn` is an expression such as `$1`, of type uuid. */
export const turnLock = (turn: string): string => `hashtextextended('konstruct.turn/' || (${turn})::text, 0)`
