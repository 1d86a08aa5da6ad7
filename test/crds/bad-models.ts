// What a Tenant must not say about its models.
import type { BadManifest } from './bad-manifest.ts'
import { aModel, aTenant, type Fields } from './manifests.ts'

const model = (fields: Fields) => aTenant({ models: [aModel(fields)] })
const openAI = (fields: Fields) =>
  model({ openAICompatible: { baseURL: 'https://models.example/v1', model: 'small', ...fields } })

const openAIPath = 'spec.models[0].openAICompatible'

export const badModels: readonly BadManifest[] = [
  {
    title: 'a field in the wrong place of a list',
    manifest: model({ baseURL: 'https://models.example/v1' }),
    path: 'spec.models[0].baseURL',
    says: 'unknown field "spec.models[0].baseURL"',
  },
  {
    title: 'no models',
    manifest: aTenant({ models: undefined }),
    path: 'spec.models',
    says: 'name at least one model',
  },
  {
    title: 'an empty list of models',
    manifest: aTenant({ models: [] }),
    path: 'spec.models',
    says: 'name at least one model',
  },
  {
    title: 'seventeen models',
    manifest: aTenant({ models: Array.from({ length: 17 }, (_, index) => aModel({ name: `m${index}` })) }),
    path: 'spec.models',
    says: 'Too many: 17: must have at most 16 items',
  },
  {
    title: 'two models of one name',
    manifest: aTenant({ models: [aModel(), aModel()] }),
    path: 'spec.models',
    says: 'give each model a name of its own',
  },
  {
    title: 'a model without a name',
    manifest: model({ name: undefined }),
    path: 'spec.models[0].name',
    says: 'give the model a name',
  },
  {
    title: 'a model with a name in capitals',
    manifest: model({ name: 'Default' }),
    path: 'spec.models[0].name',
    says: 'lower-case letters, digits and hyphens, as in default',
  },
  {
    title: 'a model that is nowhere',
    manifest: model({ openAICompatible: undefined }),
    path: openAIPath,
    says: 'say where the model is',
  },
  {
    title: 'a model without a URL',
    manifest: openAI({ baseURL: undefined }),
    path: `${openAIPath}.baseURL`,
    says: 'write the URL before /chat/completions',
  },
  {
    title: 'a model URL without a scheme',
    manifest: openAI({ baseURL: 'models.example/v1' }),
    path: `${openAIPath}.baseURL`,
    says: 'write http:// or https://',
  },
  {
    title: 'a model URL with a password in it',
    manifest: openAI({ baseURL: 'https://me:word@models.example/v1' }),
    path: `${openAIPath}.baseURL`,
    says: 'without user, query or fragment',
  },
  {
    title: 'a model that the server would not know',
    manifest: openAI({ model: undefined }),
    path: `${openAIPath}.model`,
    says: 'as in gpt-5-mini',
  },
  {
    title: 'a Secret reference without a key',
    manifest: openAI({ apiKeySecretRef: { name: 'tidy-model' } }),
    path: `${openAIPath}.apiKeySecretRef.key`,
    says: 'write which key of the Secret to read',
  },
  {
    title: 'a Secret of another namespace',
    manifest: openAI({ apiKeySecretRef: { name: 'other/tidy-model', key: 'apiKey' } }),
    path: `${openAIPath}.apiKeySecretRef.name`,
    says: 'write the name of a Secret in the same namespace',
  },
  {
    title: 'a price with a currency',
    manifest: model({ pricing: { inputPerMillionTokens: '$0.40', outputPerMillionTokens: '1.60' } }),
    path: 'spec.models[0].pricing.inputPerMillionTokens',
    says: 'write a price as a decimal number in quotes',
  },
  {
    title: 'a price without quotes',
    manifest: model({ pricing: { inputPerMillionTokens: 0.4, outputPerMillionTokens: '1.60' } }),
    path: 'spec.models[0].pricing.inputPerMillionTokens',
    says: 'must be of type string: "number"',
  },
  {
    title: 'half a price',
    manifest: model({ pricing: { inputPerMillionTokens: '0.40' } }),
    path: 'spec.models[0].pricing.outputPerMillionTokens',
    says: 'or leave out pricing',
  },
  {
    title: 'a timeout of nothing',
    manifest: model({ timeouts: { idleSeconds: 0 } }),
    path: 'spec.models[0].timeouts.idleSeconds',
    says: 'write a number of seconds from 1 to 300',
  },
  {
    title: 'a whole reply that must be there before its first token',
    manifest: model({ timeouts: { totalSeconds: 20 } }),
    path: 'spec.models[0].timeouts.totalSeconds',
    says: 'make it at least as long as firstTokenSeconds and idleSeconds',
  },
  {
    title: 'replies of half a token',
    manifest: model({ maxOutputTokens: 0.5 }),
    path: 'spec.models[0].maxOutputTokens',
    says: 'must be of type integer: "number"',
  },
  {
    title: 'endless replies',
    manifest: model({ maxOutputTokens: 1_000_000 }),
    path: 'spec.models[0].maxOutputTokens',
    says: 'write a number of tokens from 1 to 131072',
  },
]
