// A fetch whose connections survive a reader that stops at `[DONE]`: the server's last bytes are still on the way then,
// and a body that is cancelled before its end takes its connection with it. Here a cancelled body is read to its end,
// for a moment; an aborted request ends at once, as ever.
import { fetch as undiciFetch, type RequestInfo, type RequestInit } from 'undici'

/** The end of a finished answer is a few bytes away; a server that sends more loses the connection. In milliseconds. */
const lingerMs = 500

type Reader = ReadableStreamDefaultReader<Uint8Array>

const readToEnd = async (reader: Reader): Promise<void> => {
  const timer = setTimeout(() => void reader.cancel().catch(() => {}), lingerMs)
  try {
    while (!(await reader.read()).done);
  } catch {
    // The request was aborted, or the connection broke: there is nothing left to keep.
  }
  clearTimeout(timer)
}

const linger = (body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> => {
  const reader = body.getReader()
  return new ReadableStream({
    pull: async (controller) => {
      const { done, value } = await reader.read()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    // Not awaited: whoever stopped reading has what it wants.
    cancel: () => void readToEnd(reader),
  })
}

export const lingeringFetch = (async (input: RequestInfo, init?: RequestInit): Promise<Response> => {
  const response = (await undiciFetch(input, init)) as unknown as Response
  if (!response.ok || response.body === null) return response
  return new Response(linger(response.body), { status: response.status, headers: response.headers })
}) as unknown as typeof fetch
