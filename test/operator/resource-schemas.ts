// The schemas of the two resources, compiled once for all tests.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileResourceSchemas } from '../../operator/validation/resource-schemas.ts'

export const crdsFolder = new URL('../../crds', import.meta.url).pathname

export const resourceSchemas = compileResourceSchemas({
  tenant: readFileSync(join(crdsFolder, 'tenant.yaml'), 'utf8'),
  agent: readFileSync(join(crdsFolder, 'agent.yaml'), 'utf8'),
})
