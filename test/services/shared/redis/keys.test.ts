import assert from 'node:assert/strict'
import fc from 'fast-check'
import * as keys from '../../../../services/shared/redis/keys.ts'

const tenantId = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/)
/** Outside text of every kind: ids, separators, globs, braces, broken surrogates, very long ones. */
const outside = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({
    unit: fc.constantFrom(':', '*', '%', '~', '{', '}', '[', '?', '\\', 'a', '\ud800'),
    maxLength: 200,
  }),
  fc.uuid(),
)

const builders: Readonly<Record<string, (tenant: string, first: string, second: string) => string>> = {
  rateLimitKey: (tenant) => keys.rateLimitKey(tenant, 'web'),
  idempotencyKey: (tenant, first) => keys.idempotencyKey(tenant, first),
  sessionKey: (tenant, first) => keys.sessionKey(tenant, first),
  engagedThreadKey: (tenant, first) => keys.engagedThreadKey(tenant, first),
  memoryShortKey: (tenant, first, second) => keys.memoryShortKey(tenant, first, second),
  escalationStatusKey: (tenant, first) => keys.escalationStatusKey(tenant, first),
  pendingToolConfirmKey: (tenant, first) => keys.pendingToolConfirmKey(tenant, first),
  webchatResponseKey: (tenant, first) => keys.webchatResponseKey(tenant, first),
}

/** How many of the two discriminators a kind of key carries. */
const carried: Readonly<Record<string, number>> = { rateLimitKey: 0, memoryShortKey: 2 }

const input = fc.record({
  kind: fc.constantFrom(...Object.keys(builders)),
  tenant: tenantId,
  first: outside,
  second: outside,
})

const meaning = ({
  kind,
  tenant,
  first,
  second,
}: {
  kind: string
  tenant: string
  first: string
  second: string
}) => JSON.stringify([kind, tenant, ...[first, second].slice(0, carried[kind] ?? 1)])

const build = ({
  kind,
  tenant,
  first,
  second,
}: {
  kind: string
  tenant: string
  first: string
  second: string
}) => builders[kind]?.(tenant, first, second) ?? assert.fail(`no builder ${kind}`)

describe('Redis keys', () => {
  it('read as the design writes them', () => {
    assert.equal(keys.rateLimitKey('acme', 'web'), 'acme:ratelimit:web')
    assert.equal(keys.idempotencyKey('acme', 'm1'), 'acme:dedup:m1')
    assert.equal(keys.sessionKey('acme', 't1'), 'acme:session:t1')
    assert.equal(keys.engagedThreadKey('acme', 't1'), 'acme:engaged:t1')
    assert.equal(keys.memoryShortKey('acme', 'support', 'u1'), 'acme:memory:short:support:u1')
    assert.equal(keys.escalationStatusKey('acme', 't1'), 'acme:escalation:t1')
    assert.equal(keys.pendingToolConfirmKey('acme', 't1'), 'acme:tool_confirm:t1')
    assert.equal(keys.webchatResponseKey('acme', 'c1'), 'acme:webchat:response:c1')
  })

  it('are the same only when tenant, kind and discriminators are the same', () => {
    fc.assert(
      fc.property(input, input, (one, other) => {
        assert.equal(build(one) === build(other), meaning(one) === meaning(other))
      }),
      { numRuns: 5_000 },
    )
    fc.assert(
      fc.property(input, outside, outside, (one, first, second) => {
        const other = { ...one, first, second }
        assert.equal(build(one) === build(other), meaning(one) === meaning(other))
      }),
      { numRuns: 20_000 },
    )
  })

  it('start with their tenant and match the glob of no other tenant', () => {
    fc.assert(
      fc.property(input, tenantId, (one, other) => {
        const built = build(one)
        assert.ok(built.startsWith(keys.everyKeyOf(one.tenant).slice(0, -1)))
        if (other !== one.tenant) assert.ok(!built.startsWith(keys.everyKeyOf(other).slice(0, -1)))
      }),
    )
  })

  it('hold no glob, brace or white space and stay short, whatever comes from outside', () => {
    fc.assert(
      fc.property(input, (one) => {
        const built = build(one)
        assert.match(built, /^[A-Za-z0-9:%_.~-]+$/)
        assert.ok(built.length <= 40 + 2 * 129 + 16)
      }),
      { numRuns: 5_000 },
    )
  })

  it('cannot be built without a tenant', () => {
    for (const tenant of ['', '*', 'acme:evil', 'Acme', '{acme}', '-a', 'a'.repeat(41)])
      for (const builder of Object.values(builders)) assert.throws(() => builder(tenant, 'a', 'b'), TypeError)
  })
})
