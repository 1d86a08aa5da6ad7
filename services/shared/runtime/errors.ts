// One error class and one table of codes. The table says, for each code, whose fault it is, whether trying
// again can help, and how the outside is told: an HTTP status, a WebSocket close code, a sentence.
// A retry decision is made in one `switch` of the consumer and one of the controller, on `retry`, never on text.

type ErrorKind = 'caller' | 'limit' | 'upstream' | 'system' | 'startup' | 'bug'

interface ErrorRule {
  readonly kind: ErrorKind
  /** `never`: the same call fails again. `later`: it may succeed after a wait. `fixed`: after someone changed something. */
  readonly retry: 'never' | 'later' | 'fixed'
  readonly status: number
  /** WebSocket close code, where the error ends a socket. */
  readonly close?: number
  readonly sentence: string
}

const rules = {
  FRAME_INVALID: { kind: 'caller', retry: 'never', status: 400, sentence: 'The frame is not valid.' },
  FRAME_UNKNOWN: {
    kind: 'caller',
    retry: 'never',
    status: 400,
    sentence: 'This frame type is not known here.',
  },
  TEXT_EMPTY: { kind: 'caller', retry: 'never', status: 400, sentence: 'The message has no text.' },
  TEXT_TOO_LONG: { kind: 'caller', retry: 'never', status: 413, sentence: 'The message is too long.' },
  AGENT_NOT_FOUND: {
    kind: 'caller',
    retry: 'never',
    status: 404,
    sentence: 'There is no such agent for you.',
  },
  CONVERSATION_NOT_FOUND: {
    kind: 'caller',
    retry: 'never',
    status: 404,
    sentence: 'There is no such conversation for you.',
  },
  TENANT_NOT_FOUND: { kind: 'caller', retry: 'never', status: 404, sentence: 'There is no such tenant.' },
  NOT_FOUND: { kind: 'caller', retry: 'never', status: 404, sentence: 'There is nothing here.' },
  REQUEST_INVALID: { kind: 'caller', retry: 'never', status: 400, sentence: 'The request is not valid.' },
  TOKEN_INVALID: {
    kind: 'caller',
    retry: 'fixed',
    status: 401,
    close: 4401,
    sentence: 'The token is missing, wrong or expired. Get a new one.',
  },
  ORIGIN_FORBIDDEN: {
    kind: 'caller',
    retry: 'fixed',
    status: 403,
    close: 4403,
    sentence: 'This page is not in the allowedOrigins of the tenant.',
  },
  IDENTITY_UNAVAILABLE: {
    kind: 'upstream',
    retry: 'later',
    status: 503,
    close: 1013,
    sentence: "The keys of the tenant's identity provider cannot be read.",
  },
  VISITORS_FORBIDDEN: {
    kind: 'caller',
    retry: 'fixed',
    status: 403,
    sentence: 'This tenant has no anonymous visitors: sign in first.',
  },
  PROTOCOL_UNSUPPORTED: {
    kind: 'caller',
    retry: 'never',
    status: 400,
    close: 4400,
    sentence: 'Speak the subprotocol konstruct.v1.',
  },
  TENANT_SUSPENDED: {
    kind: 'limit',
    retry: 'fixed',
    status: 403,
    close: 4403,
    sentence: 'This tenant is suspended.',
  },
  RATE_LIMITED: {
    kind: 'limit',
    retry: 'later',
    status: 429,
    sentence: 'Too many messages. Try again shortly.',
  },
  BUDGET_EXHAUSTED: {
    kind: 'limit',
    retry: 'later',
    status: 402,
    sentence:
      "The tokens of this tenant are used up: wait for its budget's next period, or have the budget raised.",
  },
  OVERLOADED: {
    kind: 'limit',
    retry: 'later',
    status: 503,
    close: 1013,
    sentence: 'Too much is waiting already. Try again shortly.',
  },
  MODEL_UNAVAILABLE: {
    kind: 'upstream',
    retry: 'later',
    status: 502,
    sentence: 'The model could not answer. Try again.',
  },
  INTERNAL: {
    kind: 'system',
    retry: 'later',
    status: 500,
    sentence: 'Something went wrong here. Try again.',
  },
  STORE_UNAVAILABLE: {
    kind: 'system',
    retry: 'later',
    status: 503,
    sentence: 'PostgreSQL cannot be reached.',
  },
  STORE_TENANT_MISSING: {
    kind: 'bug',
    retry: 'never',
    status: 500,
    sentence: 'A query was made without a tenant.',
  },
  STORE_ROLE_UNSAFE: {
    kind: 'startup',
    retry: 'fixed',
    status: 500,
    sentence: 'The database role can bypass row-level security.',
  },
  STORE_POLICY_DRIFT: {
    kind: 'startup',
    retry: 'fixed',
    status: 500,
    sentence: 'The isolation policies are missing or changed.',
  },
  STORE_SCHEMA_OUTDATED: {
    kind: 'startup',
    retry: 'fixed',
    status: 500,
    sentence: 'The database schema does not fit this version. Run the migrations.',
  },
  BUS_UNAVAILABLE: { kind: 'system', retry: 'later', status: 503, sentence: 'Kafka cannot be reached.' },
  RECORD_INVALID: { kind: 'bug', retry: 'never', status: 500, sentence: 'A record could not be read.' },
  REDIS_UNAVAILABLE: { kind: 'system', retry: 'later', status: 503, sentence: 'Redis cannot be reached.' },
  KUBE_UNAVAILABLE: {
    kind: 'system',
    retry: 'later',
    status: 503,
    sentence: 'The Kubernetes API cannot be reached.',
  },
  KUBE_REFUSED: {
    kind: 'system',
    retry: 'fixed',
    status: 500,
    sentence: 'The Kubernetes API refused the request.',
  },
  KUBE_FORBIDDEN: {
    kind: 'system',
    retry: 'later',
    status: 500,
    sentence: 'The Kubernetes API refused a right: give the operator the Roles of the chart.',
  },
  KUBE_CONFLICT: {
    kind: 'system',
    retry: 'later',
    status: 409,
    sentence: 'The Kubernetes object was changed by someone else meanwhile.',
  },
  KUBE_NOT_FOUND: {
    kind: 'system',
    retry: 'later',
    status: 404,
    sentence: 'The Kubernetes API does not know this object.',
  },
  KUBE_EXPIRED: {
    kind: 'system',
    retry: 'later',
    status: 410,
    sentence: 'The Kubernetes API no longer has this resource version.',
  },
  LEASE_LOST: { kind: 'system', retry: 'later', status: 503, sentence: 'Another operator leads now.' },
  TENANT_NAME_TAKEN: {
    kind: 'caller',
    retry: 'later',
    status: 409,
    sentence: 'The name of the tenant belongs to another namespace.',
  },
  SECRET_UNAVAILABLE: {
    kind: 'caller',
    retry: 'fixed',
    status: 422,
    sentence: 'A referenced Secret cannot be read.',
  },
  SECRET_UNREADABLE: {
    kind: 'system',
    retry: 'fixed',
    status: 500,
    sentence: 'A sealed secret cannot be opened.',
  },
  CONFIG_INVALID: {
    kind: 'startup',
    retry: 'fixed',
    status: 500,
    sentence: 'The configuration is not valid.',
  },
  PART_UNAVAILABLE: {
    kind: 'startup',
    retry: 'fixed',
    status: 500,
    sentence: 'A part that is needed cannot be had.',
  },
} as const satisfies Record<string, ErrorRule>

export type ErrorCode = keyof typeof rules

interface ErrorDetails {
  /** Overrides the code's sentence; must hold no secret and no text of a message. */
  readonly message?: string
  readonly retryAfterMs?: number
  readonly cause?: unknown
}

/** The one error of the project. `code` is stable and public; `message` is a sentence that says what to do. */
export class KonstructError extends Error {
  readonly code: ErrorCode
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    super(
      details.message ?? rules[code].sentence,
      details.cause === undefined ? {} : { cause: details.cause },
    )
    this.name = 'KonstructError'
    this.code = code
    this.retryAfterMs = details.retryAfterMs
  }

  get rule(): ErrorRule {
    return rules[this.code]
  }
}

/** Any thrown value as a KonstructError: a foreign one becomes `INTERNAL` and is kept as the cause. */
export const asKonstructError = (thrown: unknown): KonstructError =>
  thrown instanceof KonstructError ? thrown : new KonstructError('INTERNAL', { cause: thrown })
