// The HTTP side of the gateway: a visitor's token, conversations, history.
import type { AgentCard } from '../shared/domain/frames.ts'
import type { ConversationSummary, Message } from '../shared/domain/message.ts'
import { ApiError, ChatClosed, SignInNeeded, TenantMissing } from './refusals.ts'

export interface Visitor {
  readonly token: string
  readonly user: string
  /** RFC 3339, UTC. */
  readonly expiresAt: string
}

export interface ConversationPage {
  readonly conversations: readonly ConversationSummary[]
  /** Where the next page begins; null at the end. */
  readonly cursor: string | null
}

export interface MessagePage {
  readonly messages: readonly Message[]
  /** Where the page before this one ends; null at the beginning of the conversation. */
  readonly before: string | null
}

/** A path that is dead answers nothing, not even that; who waits for the answer holds up what comes behind. */
const answerDueMs = 15_000
const conversationsPerPage = 30
const messagesPerPage = 50

export class Api {
  readonly #root: string

  /** `base` is the gateway's origin, with a path where it is served below one. */
  constructor(base: string, tenant: string) {
    this.#root = `${base.replace(/\/$/, '')}/v1/tenants/${encodeURIComponent(tenant)}`
  }

  get socketUrl(): string {
    return `${this.#root.replace(/^http/, 'ws')}/ws`
  }

  async becomeVisitor(): Promise<Visitor> {
    try {
      return await this.#ask<Visitor>('/visitors', null, { method: 'POST' })
    } catch (error) {
      throw error instanceof ApiError ? withoutVisitor(error) : error
    }
  }

  async agents(token: string): Promise<readonly AgentCard[]> {
    return (await this.#ask<{ agents: readonly AgentCard[] }>('/agents', token)).agents
  }

  /** Newest first. */
  conversations(token: string, cursor: string | null): Promise<ConversationPage> {
    return this.#ask(`/conversations?${query({ cursor, limit: conversationsPerPage })}`, token)
  }

  /** Oldest first within the page; without `before` the newest page. */
  messages(token: string, conversation: string, before: string | null): Promise<MessagePage> {
    const path = `/conversations/${conversation}/messages?${query({ before, limit: messagesPerPage })}`
    return this.#ask(path, token)
  }

  async #ask<Answer>(path: string, token: string | null, init: RequestInit = {}): Promise<Answer> {
    const headers = token === null ? {} : { authorization: `Bearer ${token}` }
    const signal = AbortSignal.timeout(answerDueMs)
    const response = await fetch(this.#root + path, { ...init, headers, signal, credentials: 'omit' })
    if (response.ok) return (await response.json()) as Answer
    const problem = (await response.json().catch(() => ({}))) as { code?: string }
    throw new ApiError(response.status, problem.code ?? '')
  }
}

/** Signing in helps only where the tenant has no visitors: nobody can sign in to a suspended one. */
const withoutVisitor = (cause: ApiError): Error => {
  const { status, code } = cause
  if (code === 'VISITORS_FORBIDDEN') return new SignInNeeded(code, { cause })
  if (status === 403) return new ChatClosed(code, { cause })
  return status === 404 ? new TenantMissing(code, { cause }) : cause
}

const query = (values: Readonly<Record<string, string | number | null>>): string => {
  const given = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) if (value !== null) given.set(name, String(value))
  return given.toString()
}
