import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parseFrame } from '../../../../services/gateway/socket/parse-frame.ts'

const id = '5b6c2f5e-8f0e-4f0a-9a53-0d6f4e1c2a3b'
const other = '0c9c2f5e-8f0e-4f0a-9a53-0d6f4e1c2a3b'
const send = { type: 'send', id, conversation: other, agent: 'support', text: 'Hello' }
const subscribe = { type: 'subscribe', conversation: other }

const parse = (frame: unknown) => parseFrame(JSON.stringify(frame))
const codeOf = (text: string): string => {
  const parsed = parseFrame(text)
  return 'refusal' in parsed ? parsed.refusal.code : 'taken'
}

describe('A frame', () => {
  it('is taken with its known fields, and the unknown ones are left out', () => {
    assert.deepEqual(parse({ ...send, later: 1, __proto__: { agent: 'x' } }), { frame: send })
    assert.deepEqual(parse(subscribe), { frame: subscribe })
    assert.deepEqual(parse({ ...subscribe, after: null }), { frame: subscribe })
    const after = { epoch: 1_763_000_000_000, seq: 0 }
    assert.deepEqual(parse({ ...subscribe, after: { ...after, more: 1 } }), {
      frame: { ...subscribe, after },
    })
    const stop = { type: 'stop', conversation: other, turn: id }
    assert.deepEqual(parse(stop), { frame: stop })
    const decide = { type: 'decide', conversation: other, confirmation: id, decision: 'reject' }
    assert.deepEqual(parse(decide), { frame: decide })
  })

  it('of a type that is not known is named so', () => {
    for (const type of ['', 'hello', 'Send', 'constructor', '__proto__'])
      assert.equal(codeOf(JSON.stringify({ ...send, type })), 'FRAME_UNKNOWN', type)
  })

  it('that is refused says which send and which conversation it was about, if they can be read', () => {
    const refused = parse({ ...send, text: 7 })
    assert.deepEqual('subject' in refused && refused.subject, { id, conversation: other })
    const unreadable = parse({ ...send, id: 'x', conversation: 7 })
    assert.deepEqual('subject' in unreadable && unreadable.subject, {})
  })

  const hostile: Readonly<Record<string, string>> = {
    'no JSON': 'hello',
    'no text': '',
    'half an object': '{"type":"send"',
    'two objects': '{}{}',
    null: 'null',
    'a number': '1e999',
    'a list': `[${JSON.stringify(send)}]`,
    'no type': '{}',
    'a type that is a list': '{"type":["send"]}',
    depth: '['.repeat(30_000),
    'deep objects': `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
    'an id in upper case': JSON.stringify({ ...send, id: id.toUpperCase() }),
    'an id of 10 KB': JSON.stringify({ ...send, id: 'a'.repeat(10_000) }),
    'an id with a line break': JSON.stringify({ ...send, id: `${id}\n` }),
    'a conversation with a separator': JSON.stringify({ ...send, conversation: 'a:b*{c}' }),
    'an agent that is no name': JSON.stringify({ ...send, agent: '' }),
    'an agent of 10 KB': JSON.stringify({ ...send, agent: 'a'.repeat(10_000) }),
    'an agent that is an object': JSON.stringify({ ...send, agent: { $ne: 'x' } }),
    'no text at all': JSON.stringify({ ...send, text: undefined }),
    'a text that is a list': JSON.stringify({ ...send, text: ['Hello'] }),
    'a text with U+0000': JSON.stringify({ ...send, text: 'a\0b' }),
    'half of a surrogate pair':
      '{"type":"send","id":"' + id + '","conversation":"' + other + '","agent":"a","text":"\\ud800"}',
    'a negative number': JSON.stringify({ ...subscribe, after: { epoch: 1, seq: -1 } }),
    'a number above 2^53': JSON.stringify({ ...subscribe, after: { epoch: 1, seq: 2 ** 53 } }),
    'a number as text': JSON.stringify({ ...subscribe, after: { epoch: '1', seq: '1' } }),
    'a position that is text': JSON.stringify({ ...subscribe, after: 'x' }),
    'an unknown decision': JSON.stringify({
      type: 'decide',
      conversation: other,
      confirmation: id,
      decision: 'approve all',
    }),
  }

  for (const [name, text] of Object.entries(hostile))
    it(`is refused: ${name}`, () => assert.equal(codeOf(text), 'FRAME_INVALID'))

  it('never makes the parser throw, whatever the bytes are', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc
        .dictionary(fc.constantFrom('type', 'id', 'conversation', 'agent', 'text', 'after'), fc.jsonValue())
        .map((value) => JSON.stringify(value)),
    )
    fc.assert(
      fc.property(anything, (text) => {
        assert.match(codeOf(text), /^(FRAME_INVALID|FRAME_UNKNOWN|taken)$/)
      }),
      { numRuns: 500 },
    )
  })
})
