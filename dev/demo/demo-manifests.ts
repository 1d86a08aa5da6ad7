// The resources that the demo starts with: `crds/samples/` as they are, unless their model has to be another one (a
// real one that the environment names, or the demo model on another port): then a copy that says so.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments, stringify } from 'yaml'
import type { Report } from '../parts/part.ts'

export interface DemoModel {
  readonly url: string
  readonly model: string
  /** Left out: the model needs none. */
  readonly key: string | undefined
}

export const samplesFolder = new URL('../../crds/samples', import.meta.url).pathname
/** What the samples say. */
export const sampleModel: DemoModel = { url: 'http://127.0.0.1:4010/v1', model: 'demo', key: undefined }

interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly spec?: { models?: unknown }
}

const secretName = 'demo-model'

const keySecret = (tenant: Manifest, key: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { ...tenant.metadata, name: secretName },
  stringData: { apiKey: key },
})

const withModel = (manifest: Manifest, { url, model, key }: DemoModel): readonly object[] => {
  if (manifest.kind !== 'Tenant') return [manifest]
  const apiKeySecretRef = key === undefined ? {} : { apiKeySecretRef: { name: secretName, key: 'apiKey' } }
  const models = [{ name: 'default', openAICompatible: { baseURL: url, model, ...apiKeySecretRef } }]
  const tenant = { ...manifest, spec: { ...manifest.spec, models } }
  return key === undefined ? [tenant] : [keySecret(manifest, key), tenant]
}

const rewrite = (sample: string, model: DemoModel): string => {
  const manifests = parseAllDocuments(readFileSync(sample, 'utf8')).map(
    (document) => document.toJS() as Manifest,
  )
  const documents = manifests.flatMap((manifest) => withModel(manifest, model))
  return documents.map((document) => stringify(document)).join('---\n')
}

/** Gives the folder whose manifests use this model. */
export const demoManifests = (folder: string, model: DemoModel, report: Report): string => {
  if (model.url === sampleModel.url && model.model === sampleModel.model && model.key === undefined)
    return samplesFolder
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  // A mode counts only for a file that is made by the write, so each is made anew.
  for (const name of readdirSync(samplesFolder))
    writeFileSync(join(folder, name), rewrite(join(samplesFolder, name), model), { mode: 0o600 })
  report(`The samples use the model ${model.model} at ${model.url}: ${folder}`)
  return folder
}
