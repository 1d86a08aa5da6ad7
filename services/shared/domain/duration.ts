// Durations as the resources write them: hours, minutes and seconds, as in 24h or 1h30m.

const form = /^(?:(\d{1,5})h)?(?:(\d{1,5})m)?(?:(\d{1,5})s)?$/

/** In seconds. @throws TypeError for what the resources' rules would have refused */
export const durationSeconds = (text: string): number => {
  const parts = form.exec(text)
  if (text === '' || parts === null) throw new TypeError(`${text} is no duration such as 24h or 1h30m.`)
  const [hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0))
  return hours * 3_600 + minutes * 60 + seconds
}
