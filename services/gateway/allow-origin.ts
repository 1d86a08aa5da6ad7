// Which web pages may use a tenant's chat: the gateway's own, and those that the tenant lists. Pure.

export interface OriginRequest {
  /** The `Origin` header; undefined when it is no browser that asks. */
  readonly origin: string | undefined
  /** The `Host` header. */
  readonly host: string | undefined
}

/** `publicOrigins` are the gateway's own; when none is set, whatever host the request came to is its own. */
export const allowOrigin = (
  { origin, host }: OriginRequest,
  publicOrigins: readonly string[],
  allowedOrigins: readonly string[],
): boolean => {
  if (origin === undefined) return true
  if (allowedOrigins.includes(origin) || publicOrigins.includes(origin)) return true
  return publicOrigins.length === 0 && isHost(origin, host)
}

/** The scheme is not compared: a proxy in front may have ended TLS. */
const isHost = (origin: string, host: string | undefined): boolean =>
  host !== undefined &&
  /^https?:\/\//.test(origin) &&
  origin.replace(/^https?:\/\//, '') === host.toLowerCase()
