// Why the gateway refused a WebSocket upgrade: a browser hides the HTTP status, so the same token is shown to the
// HTTP side, and its answer stands for the close code that the refusal could not carry.
import { closeCodes } from '../shared/domain/frames.ts'
import type { Api } from './api.ts'
import { ApiError } from './refusals.ts'

const codes: ReadonlyMap<number, number> = new Map([
  [401, closeCodes.token],
  [403, closeCodes.forbidden],
  [404, closeCodes.forbidden],
  [429, closeCodes.tooManyFrames],
  [503, closeCodes.overload],
])

/** A close code, or null when the token is good and something else is wrong. Rejects when nobody answers. */
export const explainRefusal = async (api: Pick<Api, 'agents'>, token: string): Promise<number | null> => {
  try {
    await api.agents(token)
    return null
  } catch (error) {
    if (error instanceof ApiError) return codes.get(error.status) ?? null
    throw error
  }
}
