import assert from 'node:assert/strict'
import type { AgentResource } from '../../../operator/validation/resource.ts'
import { validateResource } from '../../../operator/validation/validate-resource.ts'
import { badManifests } from '../../crds/bad-manifests.ts'
import { goodManifests } from '../../crds/good-manifests.ts'
import { aTenant, anAgent } from '../../crds/manifests.ts'
import { resourceSchemas } from '../../crds/own-schemas.ts'

describe('validateResource', () => {
  for (const { title, manifest, old, path, says } of badManifests)
    it(`refuses ${manifest.kind} with ${title}`, () => {
      const result = validateResource(resourceSchemas, manifest.kind, manifest, old as AgentResource)

      assert(!result.ok)
      assert.deepEqual(
        result.problems.map((problem) => problem.path),
        [path],
      )
      assert(result.problems[0]?.message.includes(says), result.problems[0]?.message)
    })

  for (const { title, manifest } of goodManifests)
    it(`accepts ${title}`, () => {
      const result = validateResource(resourceSchemas, manifest.kind, manifest)

      assert(result.ok, JSON.stringify(result))
    })

  it('fills in every default, also within what was left out altogether', () => {
    const result = validateResource(resourceSchemas, 'Tenant', aTenant())

    assert(result.ok)
    assert.deepEqual(result.resource.spec, {
      displayName: 'Tidy',
      suspended: false,
      deletionPolicy: 'Retain',
      models: [
        {
          name: 'default',
          openAICompatible: { baseURL: 'https://models.example/v1', model: 'small' },
          timeouts: { firstTokenSeconds: 30, idleSeconds: 30, totalSeconds: 300 },
          maxOutputTokens: 4096,
        },
      ],
      channels: {},
      limits: {
        rates: ['web', 'slack', 'whatsapp'].map((channel) => ({
          channel,
          messagesPerMinute: 600,
          burst: 100,
        })),
        maxConcurrentTurns: 8,
        maxWaitingTurns: 100,
        maxMessageBytes: 16_384,
      },
    })
  })

  it('tells all problems of a manifest at once', () => {
    const result = validateResource(resourceSchemas, 'Agent', anAgent({ displayName: '', instructions: '' }))

    assert(!result.ok)
    assert.deepEqual(
      result.problems.map(({ path }) => path),
      ['spec.displayName', 'spec.instructions'],
    )
  })

  it('leaves the manifest as it was', () => {
    const manifest = aTenant({ channels: null })

    validateResource(resourceSchemas, 'Tenant', manifest)

    assert.deepEqual(manifest, aTenant({ channels: null }))
  })

  it('hands on no status that somebody wrote', () => {
    const result = validateResource(resourceSchemas, 'Agent', { ...anAgent(), status: { conditions: [] } })

    assert(result.ok)
    assert(!('status' in result.resource))
  })

  it('refuses what is no resource of the kind, and says what is', () => {
    const messages = (manifest: unknown) => {
      const result = validateResource(resourceSchemas, 'Tenant', manifest)
      return result.ok ? [] : result.problems.map(({ message }) => message)
    }

    assert.deepEqual(messages('acme'), ['write a Tenant with metadata and spec'])
    assert.deepEqual(messages(anAgent()), ['write kind: Tenant'])
    assert.deepEqual(messages({ ...aTenant(), apiVersion: 'v1' }), [
      'write apiVersion: konstruct.dev/v1alpha1',
    ])
    assert.deepEqual(messages({ ...aTenant(), metadata: {} }), ['name or generateName is required'])
  })
})
