// What a model can do wrong, on demand. A user's message asks for it anywhere in its text: `[fault:cut]`; so does the
// model's name, for every message: `demo[fault:cut]`.
//
//   error        answers 500
//   busy         answers 429 with Retry-After: 1
//   busy-once    answers 429 the first time that it sees this message, then goes on
//   cut          writes half of the answer, then the connection breaks
//   malformed    writes half of the answer, then a chunk that is no JSON
//   silent       takes the request and says nothing
//   stalled      writes half of the answer, then says nothing
//   endless      never stops
//   unfinished   writes the answer and ends without a finish reason
//   slow         writes two tokens a second

export const faults = [
  'error',
  'busy',
  'busy-once',
  'cut',
  'malformed',
  'silent',
  'stalled',
  'endless',
  'unfinished',
  'slow',
] as const

export type Fault = (typeof faults)[number]

/** The fault that a message or a model's name asks for. */
export const faultIn = (text: string): Fault | undefined => {
  const named = /\[fault:([a-z-]+)\]/.exec(text)?.[1]
  return faults.find((fault) => fault === named)
}
