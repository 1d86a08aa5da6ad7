// Durations as resources write them: hours, minutes and seconds, as in `720h` or `1h30m`.

const form = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/

/** In milliseconds. The Tenant resource allows only this form; anything else is a bug. */
export const parseDuration = (text: string): number => {
  const match = form.exec(text)
  if (match === null || text === '') throw new TypeError(`${JSON.stringify(text)} is no duration.`)
  const [hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0))
  return ((hours * 60 + minutes) * 60 + seconds) * 1_000
}
