// Fetches an identity provider's keys without trusting it: no redirect is followed and no more is read than a large
// set of keys has. The time limit is the caller's signal.
import { KonstructError } from '../../shared/runtime/errors.ts'

/** A key is about 2 KiB. */
const mostBytes = 256 * 1024

const read = async (url: string, options: RequestInit): Promise<Uint8Array> => {
  const response = await fetch(url, { ...options, redirect: 'error' })
  if (response.status !== 200) throw new Error(`The answer has status ${response.status}.`)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > mostBytes) throw new Error(`The answer is longer than ${mostBytes} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** @throws KonstructError `IDENTITY_UNAVAILABLE` */
export const fetchBounded = async (url: string, options: RequestInit): Promise<Response> => {
  try {
    return new Response(Buffer.from(await read(url, options)))
  } catch (cause) {
    throw new KonstructError('IDENTITY_UNAVAILABLE', { cause })
  }
}
