// The real parts that tests share: each is started when first asked for, once per mocha process, and stopped by the
// root hooks. A test file never stops a shared part; it takes its own database, key space or topics from it.

type Stop = () => Promise<void>

const stops: Stop[] = []

/** Stops every part that was started, newest first. Called by the root hooks. */
export const stopParts = async (): Promise<void> => {
  for (const stop of stops.splice(0).toReversed()) await stop()
}
