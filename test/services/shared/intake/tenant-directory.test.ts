import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { TenantDirectory } from '../../../../services/shared/intake/tenant-directory.ts'
import { silentLog } from '../../../../services/shared/runtime/log.ts'
import { Secret } from '../../../../services/shared/runtime/read-config.ts'
import {
  type Publication,
  publishState,
  publishTenant,
} from '../../../../services/shared/store/publish-tenant.ts'
import { keyringSetting, sealSecret } from '../../../../services/shared/store/seal.ts'
import { type FreshStore, freshStore } from '../../../support/fresh-store.ts'
import { purgeTenant } from '../../../support/purge-tenant.ts'
import { waitUntil } from '../../../support/wait-until.ts'

const keyring = keyringSetting.parse(`test:${randomBytes(32).toString('base64')}`)
/** What the design allows a service to be behind. */
const within = 2_000
/** For what has to come, and has no time that is promised. */
const patience = 8_000

const aPublication = (changes: Partial<Publication> = {}): Publication => ({
  tenant: 'acme',
  namespace: 'default',
  uid: 'u-1',
  state: 'active',
  spec: {
    displayName: 'Acme',
    suspended: false,
    deletionPolicy: 'Retain',
    models: [],
    channels: {},
    limits: { rates: [], maxConcurrentTurns: 8, maxWaitingTurns: 100, maxMessageBytes: 16_384 },
  },
  web: null,
  agents: [],
  secrets: [],
  ...changes,
})

describe('The directory of tenants', () => {
  let store: FreshStore
  let directory: TenantDirectory
  let warnings: string[]

  beforeEach(async () => {
    store = await freshStore()
    warnings = []
    const log = { ...silentLog, warn: (message: string) => warnings.push(message) }
    directory = new TenantDirectory({ database: store.app, keyring, log })
  })
  afterEach(async () => {
    await directory.close()
    await store.close()
  })

  const agent = (instructions: string) => ({
    name: 'support',
    spec: {
      tenant: 'acme',
      displayName: 'Ava',
      model: 'default',
      instructions,
      memory: { maxMessages: 20, ttl: '24h' },
    },
  })

  it('knows what was published before it started, with its secrets', async () => {
    const secret = sealSecret(keyring, 'acme', 'models/default/api-key', new Secret('sk-1'))
    await publishTenant(store.operator, aPublication({ agents: [agent('Be brief.')], secrets: [secret] }))
    directory.start()
    await waitUntil({ until: 'it has synced' }, () => directory.synced)
    const known = directory.get('acme') ?? assert.fail()
    assert.equal(known.config.agents.get('support')?.spec.instructions, 'Be brief.')
    assert.equal(known.secret('models/default/api-key')?.reveal(), 'sk-1')
    assert.equal(known.secret('no such name'), null)
  })

  it('follows a change, a suspension and an end within two seconds', async () => {
    directory.start()
    await publishTenant(store.operator, aPublication({ agents: [agent('one')] }))
    await waitUntil(
      { until: 'the tenant is known', deadlineMs: patience },
      () => directory.get('acme') !== undefined,
    )
    await publishTenant(store.operator, aPublication({ agents: [agent('two')] }))
    await waitUntil(
      { until: 'the edit is known', deadlineMs: within },
      () => directory.get('acme')?.config.agents.get('support')?.spec.instructions === 'two',
    )
    await publishState(store.operator, 'acme', 'suspended')
    await waitUntil(
      { until: 'the suspension is known', deadlineMs: within },
      () => directory.get('acme')?.config.state === 'suspended',
    )
    await purgeTenant(store.operator, 'acme')
    await waitUntil(
      { until: 'the end is known', deadlineMs: within },
      () => directory.get('acme') === undefined,
    )
  })

  it('misses none of many that are published at once', async () => {
    directory.start()
    const tenants = Array.from({ length: 60 }, (_, n) => `tenant-${n}`)
    await Promise.all(tenants.map((tenant) => publishTenant(store.operator, aPublication({ tenant }))))
    await waitUntil({ until: 'all are known', deadlineMs: patience }, () => directory.size === 60)
  })

  it('follows also when revisions go back, as behind a replica that lagged, and reads no other tenant for that', async () => {
    for (const tenant of ['acme', 'globex', 'acme'])
      await publishTenant(store.operator, aPublication({ tenant }))
    directory.start()
    await waitUntil({ until: 'it has synced' }, () => directory.synced)
    const changed: string[] = []
    directory.onChange((tenant) => changed.push(tenant))
    await store.operator.acrossTenants((tx) =>
      tx.query(`update konstruct.tenants set state = 'suspended', revision = 1 where tenant_id = 'acme'`),
    )
    await waitUntil(
      { until: 'it knows what was before', deadlineMs: within },
      () => directory.get('acme')?.config.state === 'suspended',
    )
    assert.deepEqual(changed, ['acme'])
    await publishTenant(store.operator, aPublication({ tenant: 'initech' }))
    await waitUntil({ until: 'it follows', deadlineMs: within }, () => directory.size === 3)
    await purgeTenant(store.operator, 'initech')
    await waitUntil({ until: 'the end is known', deadlineMs: within }, () => directory.size === 2)
    assert.deepEqual(changed, ['acme', 'initech', 'initech'])
  })

  it('goes on with what it knows while PostgreSQL refuses it, and follows again afterwards', async () => {
    await publishTenant(store.operator, aPublication())
    directory.start()
    await waitUntil({ until: 'it has synced' }, () => directory.get('acme') !== undefined)
    const admin = new Client({ connectionString: store.adminUrl.reveal() })
    await admin.connect()
    await admin.query('revoke select on konstruct.tenants from konstruct_app')
    await publishState(store.operator, 'acme', 'suspended')
    await waitUntil({ until: 'it has noticed' }, () => warnings.includes('configuration cannot be followed'))
    assert.equal(directory.get('acme')?.config.state, 'active')
    await admin.query('grant select on konstruct.tenants to konstruct_app')
    await admin.end()
    await waitUntil({ until: 'it follows again' }, () => directory.get('acme')?.config.state === 'suspended')
  })
})
