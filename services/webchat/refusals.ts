// Why no token is to be had, and what the gateway answers over HTTP when it says no.

/** The tenant has no anonymous visitors, or what the host gave is no longer good. */
export class SignInNeeded extends Error {}

/** The tenant is suspended, or lets nobody chat from this page. */
export class ChatClosed extends Error {}

export class TenantMissing extends Error {}

/** An answer that is not a success. `code` is the problem document's, or empty. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string) {
    super(`The gateway answered ${status} ${code}`)
    this.status = status
    this.code = code
  }
}
