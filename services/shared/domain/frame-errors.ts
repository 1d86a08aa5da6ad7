// The codes that an `error` frame or a failed turn may carry. Public: add to them, never rename one.

export const errorCodes = [
  'FRAME_INVALID',
  'FRAME_UNKNOWN',
  'TEXT_EMPTY',
  'TEXT_TOO_LONG',
  'AGENT_NOT_FOUND',
  'CONVERSATION_NOT_FOUND',
  'TENANT_SUSPENDED',
  'RATE_LIMITED',
  'BUDGET_EXHAUSTED',
  'OVERLOADED',
  'MODEL_UNAVAILABLE',
  'INTERNAL',
] as const

export type ErrorCode = (typeof errorCodes)[number]
