// Writes a chat completion as server-sent events, at the pace of a model, with the fault that was asked for.
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from './fault.ts'

export interface Completion {
  readonly id: string
  readonly model: string
  readonly tokens: readonly string[]
  readonly promptTokens: number
  readonly includeUsage: boolean
  readonly fault: Fault | undefined
  /** Infinity: all at once. */
  readonly tokensPerSecond: number
}

type Delta = Readonly<Record<string, string>>

const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`

const chunk = ({ id, model }: Completion, delta: Delta, finish: string | null) => ({
  id,
  object: 'chat.completion.chunk',
  created: 0,
  model,
  choices: [{ index: 0, delta, finish_reason: finish }],
})

const usage = (completion: Completion) => ({
  ...chunk(completion, {}, null),
  choices: [],
  usage: {
    prompt_tokens: completion.promptTokens,
    completion_tokens: completion.tokens.length,
    total_tokens: completion.promptTokens + completion.tokens.length,
  },
})

/** Tokens written before a fault in the middle strikes. */
const reachOf = ({ tokens, fault }: Completion): number => {
  if (fault === 'silent') return 0
  const breaks = fault === 'cut' || fault === 'malformed' || fault === 'stalled'
  return breaks ? Math.ceil(tokens.length / 2) : tokens.length
}

const writeTokens = async (response: ServerResponse, completion: Completion): Promise<void> => {
  const { tokens, fault, tokensPerSecond } = completion
  const pauseMs = 1_000 / (fault === 'slow' ? 2 : tokensPerSecond)
  const reach = fault === 'endless' ? Number.POSITIVE_INFINITY : reachOf(completion)
  for (let n = 0; n < reach && !response.destroyed; n += 1) {
    response.write(event(chunk(completion, { content: tokens[n % tokens.length] ?? '' }, null)))
    if (pauseMs > 0) await sleep(pauseMs)
    else if (n % 100 === 99) await sleep(0)
  }
}

/** What these faults do instead of a regular end; after the silent ones, whoever asked has to lose patience. */
const endings: Partial<Record<Fault, (response: ServerResponse) => void>> = {
  cut: (response) => response.destroy(),
  malformed: (response) => response.end('data: {"choices": [{"delta":\n\n'),
  unfinished: (response) => response.end('data: [DONE]\n\n'),
  silent: () => {},
  stalled: () => {},
}

export const streamCompletion = async (response: ServerResponse, completion: Completion): Promise<void> => {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  response.flushHeaders()
  if (completion.fault !== 'silent')
    response.write(event(chunk(completion, { role: 'assistant', content: '' }, null)))
  await writeTokens(response, completion)
  if (response.destroyed) return
  const ending = completion.fault === undefined ? undefined : endings[completion.fault]
  if (ending !== undefined) {
    ending(response)
    return
  }
  response.write(event(chunk(completion, {}, 'stop')))
  if (completion.includeUsage) response.write(event(usage(completion)))
  response.end('data: [DONE]\n\n')
}
