import assert from 'node:assert/strict'
import { planTopics } from '../../../../services/shared/bus/plan-topics.ts'
import { topicSpecs } from '../../../../services/shared/bus/topics.ts'

const spec = { name: 'turns', partitions: 4, replication: 3, config: { 'retention.ms': '7' } }
const observed = {
  name: 'turns',
  partitions: 4,
  overrides: { 'retention.ms': '7', 'segment.ms': '9' },
  effective: { 'retention.ms': '7', 'segment.ms': '9', 'cleanup.policy': 'delete' },
}

const summary = (topic: typeof observed | undefined, wanted = spec): string[] =>
  planTopics([wanted], topic === undefined ? [] : [topic]).map(({ change, detail }) => `${change}: ${detail}`)

describe('planning topics', () => {
  it('plans nothing when all is as it should be', () => {
    assert.deepEqual(summary(observed), [])
  })

  it('creates what is missing', () => {
    assert.deepEqual(summary(undefined), ['created: 4 partitions, 3 replicas'])
  })

  it('adds partitions and never takes any away', () => {
    assert.deepEqual(summary({ ...observed, partitions: 2 }), ['partitions-added: 2 → 4 partitions'])
    assert.deepEqual(summary({ ...observed, partitions: 9 }), [])
  })

  it('repairs a setting and keeps the ones that others made', () => {
    const wanted = { ...spec, config: { 'retention.ms': '8' } }
    assert.deepEqual(summary(observed, wanted), ['configured: retention.ms 7 → 8'])
    const [change] = planTopics([wanted], [observed])
    assert.deepEqual(change?.overrides, { 'retention.ms': '8', 'segment.ms': '9' })
  })

  it('gives three replicas a quorum of two, and keeps prefixes apart', () => {
    const specs = topicSpecs({ prefix: 'a.', replication: 3 })
    assert.deepEqual(
      specs.map(({ name }) => name),
      ['a.konstruct.turns', 'a.konstruct.replies', 'a.konstruct.dead-letters'],
    )
    assert.ok(specs.every(({ config }) => config['min.insync.replicas'] === '2'))
  })
})
