// A conversation's live stream: numbered events in a Redis stream, and a pub-sub channel of the same name that tells
// who listens now. One script appends a whole flush, so that numbering, history and announcement are one step.
//
// An entry's id is `<epoch>-<seq>`: Redis numbers the entries of an epoch from 1 without gaps, and the epoch (the
// microsecond of its first entry) changes when Redis lost the stream, so a reader can always tell what it is missing.
// A Redis that comes back older, after a failover or from a snapshot, lost only the end of it: it would give numbers twice,
// which readers take for what they have. Whoever knows of a later entry has the stream begun anew.
import type { StreamEvent, StreamPosition } from '../domain/frames.ts'
import type { RedisKey } from './keys.ts'
import type { RedisConnection, Script } from './redis-connection.ts'

/** Seconds after its last event that a stream is kept; after that, readers take history from PostgreSQL. */
const ttlSeconds = 900
/** Entries kept at least. A turn may write more: an hour, the most that a model's limits allow, has 144,000 flushes of 25 ms. */
const keptEntries = 16_384
/**
 * So a turn that has written this many entries writes all of its text anew, in one. Far enough below what is kept for the
 * other things that are written meanwhile.
 */
export const wholeTextAfter = keptEntries / 4
/** A reader that missed more than this gets the messages instead, in entries. */
const longestCatchUp = 2_000
/** Entries read at once by whoever does not continue: Redis serves nobody else meanwhile. */
const pageSize = 512
/** A repeated flush is looked for among this many newest entries: no other writer adds more within its timeout. */
const repeatWindow = 64
/** The question of a turn is looked for among this many newest entries: it was shown a moment ago, or it does no harm twice. */
const questionWindow = 16

const append: Script = {
  name: 'konstructAppend',
  lua: `
    local known, seen, continues = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'
    local flush, fresh, before, unless = ARGV[4], ARGV[5] == '1', ARGV[6], ARGV[7]
    local first, last = 8, #ARGV
    local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
    local epoch, top
    if newest[1] then epoch, top = string.match(newest[1][1], '^(%d+)-(%d+)$') end
    if epoch and epoch == known and tonumber(top) < seen then
      redis.call('DEL', KEYS[1])
      epoch = nil
    end
    if continues and epoch ~= known then return {'', 0} end
    local window = (flush ~= '' and not fresh) and ${repeatWindow} or (unless ~= '') and ${questionWindow} or 0
    if window > 0 then
      for _, entry in ipairs(redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', window)) do
        local name = entry[2][4]
        if name == flush and flush ~= '' then return {epoch, tonumber(string.match(entry[1], '-(%d+)$'))} end
        if before ~= '' and string.find(name, before, 1, true) == 1 then last = first end
        if name == unless and unless ~= '' then first = 9 end
      end
    end
    local id = epoch and (epoch .. '-*')
    if not epoch then
      local time = redis.call('TIME')
      epoch = string.format('%.0f', time[1] * 1000000 + time[2])
      id = epoch .. '-1'
    end
    local from, to
    for i = first, last do
      to = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ${keptEntries}, id, 'e', ARGV[i], 'f', flush)
      from = from or to
      id = epoch .. '-*'
    end
    redis.call('EXPIRE', KEYS[1], ${ttlSeconds})
    local seq = string.match(from, '-(%d+)$')
    redis.call('PUBLISH', KEYS[1], epoch .. ' ' .. seq .. '\\n' .. table.concat(ARGV, '\\n', first, last))
    return {epoch, tonumber(string.match(to, '-(%d+)$'))}`,
}

/** The newest page of the stream, before an entry if one is named, oldest first. */
const page = `
    local function page(top)
      local found = redis.call('XREVRANGE', KEYS[1], top, '-', 'COUNT', ${pageSize})
      local events = {}
      for i = #found, 1, -1 do events[#events + 1] = found[i][2][2] end
      return events
    end`

const read: Script = {
  name: 'konstructRead',
  lua: `${page}
    local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
    if not newest[1] then return {'', 0, 0, {}} end
    local epoch, last = string.match(newest[1][1], '^(%d+)-(%d+)$')
    last = tonumber(last)
    local after = tonumber(ARGV[2])
    if ARGV[1] == epoch and after <= last and last - after <= tonumber(ARGV[3]) then
      local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)
      if after >= tonumber(string.match(oldest[1][1], '-(%d+)$')) - 1 then
        local events = {}
        for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '(' .. epoch .. '-' .. ARGV[2], '+')) do
          events[#events + 1] = entry[2][2]
        end
        return {epoch, last, 1, events}
      end
    end
    return {epoch, last, 0, page('+')}`,
}

const readBefore: Script = {
  name: 'konstructReadBefore',
  lua: `${page}
    return page('(' .. ARGV[1] .. '-' .. ARGV[2])`,
}

export interface AppendOptions {
  /** Where the stream stood when this writer last wrote to it. */
  readonly since?: StreamPosition
  /** Refuses to append when what was written until `since` is lost. */
  readonly continues?: boolean
  /** Names this flush, so that repeating it after a lost answer appends nothing. */
  readonly flush?: string
  /** Nobody can have written this flush before, so it is not looked for, which would take longer than to write it. */
  readonly fresh?: boolean
  /**
   * What flushes are called that these events come before, by the beginning of their name. Where one of them was faster,
   * only the first event is appended, as the others tell how things were. Looked for together with the flush itself.
   */
  readonly before?: string
  /** The first event is left out where this flush was a moment ago: it is the same. */
  readonly unless?: string
}

/** No stream is of this epoch. */
const never: StreamPosition = { epoch: 0, seq: 0 }

/** What the flush is called that shows a turn's question, when its message was stored. */
export const questionFlush = (turn: string): string => `queued/${turn}`

/**
 * Appends events and tells the listeners. Gives where the stream then stands, or null when it does not continue what
 * the writer has written. @throws `REDIS_UNAVAILABLE`: then it may or may not have happened; repeat it with the same `flush`.
 */
export const appendEvents = async (
  redis: RedisConnection,
  key: RedisKey,
  events: readonly StreamEvent[],
  {
    since = never,
    continues = false,
    flush = '',
    fresh = false,
    before = '',
    unless = '',
  }: AppendOptions = {},
): Promise<StreamPosition | null> => {
  const [inEpoch, seq] = await redis.run<[string, number]>(append, key, [
    since.epoch,
    since.seq,
    Number(continues),
    flush,
    Number(fresh),
    before,
    unless,
    ...events.map((event) => JSON.stringify(event)),
  ])
  return inEpoch === '' ? null : { epoch: Number(inEpoch), seq }
}

export interface StreamSlice extends StreamPosition {
  /** True: `events` are exactly those after the given position. False: they are a page of the newest, at most. */
  readonly recovered: boolean
  /** JSON texts; the last one has the number `seq`. */
  readonly events: readonly string[]
}

const emptySlice: StreamSlice = { epoch: 0, seq: 0, recovered: false, events: [] }

/** What the stream holds after a position, if that is `most` entries at most; else its newest. @throws `REDIS_UNAVAILABLE` */
export const readEvents = async (
  redis: RedisConnection,
  key: RedisKey,
  after?: StreamPosition,
  most: number = longestCatchUp,
): Promise<StreamSlice> => {
  const [epoch, seq, recovered, events] = await redis.run<[string, number, number, string[]]>(
    read,
    key,
    after === undefined ? ['', 0, most] : [after.epoch, after.seq, most],
  )
  return epoch === '' ? emptySlice : { epoch: Number(epoch), seq, recovered: recovered === 1, events }
}

/** The page of JSON texts that ends before this position; empty where there is none, or no longer. @throws `REDIS_UNAVAILABLE` */
export const readEventsBefore = (
  redis: RedisConnection,
  key: RedisKey,
  { epoch, seq }: StreamPosition,
): Promise<readonly string[]> => redis.run<string[]>(readBefore, key, [epoch, seq])

/** One flush, as a listener hears it. */
export interface Announcement {
  readonly epoch: number
  /** Number of the first event; the others follow without a gap. */
  readonly seq: number
  /** JSON texts. */
  readonly events: readonly string[]
}

/** What a channel carries: a flush, or a user's wish to stop a turn; null for neither. */
export const parseAnnouncement = (message: string): Announcement | { readonly stop: string } | null => {
  const [head = '', ...events] = message.split('\n')
  if (head.startsWith('stop ')) return { stop: head.slice('stop '.length) }
  const [epoch, seq] = head.split(' ').map(Number)
  if (epoch === undefined || seq === undefined || Number.isNaN(epoch) || Number.isNaN(seq)) return null
  return { epoch, seq, events }
}

/** Tells whoever runs the turn to stop; a hint, the wish itself is kept in PostgreSQL. @throws `REDIS_UNAVAILABLE` */
export const announceStop = (redis: RedisConnection, key: RedisKey, turn: string): Promise<void> =>
  redis.publish(key, `stop ${turn}`)
