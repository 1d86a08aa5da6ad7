// What a Tenant must not say about its channels.
import type { BadManifest } from './bad-manifest.ts'
import { aTenantOnTheWeb, aTenantWithJwt } from './manifests.ts'

const origin = (text: string) => aTenantOnTheWeb({ allowedOrigins: ['https://www.tidy.example', text] })

const originPath = 'spec.channels.web.allowedOrigins[1]'
const anonymousPath = 'spec.channels.web.auth.anonymous'
const jwtPath = 'spec.channels.web.auth.jwt'

export const badChannels: readonly BadManifest[] = [
  {
    title: 'a web channel without a default agent',
    manifest: aTenantOnTheWeb({ defaultAgent: undefined }),
    path: 'spec.channels.web.defaultAgent',
    says: 'write the name of the Agent that people meet first',
  },
  {
    title: 'a default agent that no Agent can be named',
    manifest: aTenantOnTheWeb({ defaultAgent: 'Support desk' }),
    path: 'spec.channels.web.defaultAgent',
    says: 'write the name of an Agent',
  },
  {
    title: 'a web channel that does not say who may chat',
    manifest: aTenantOnTheWeb({ auth: undefined }),
    path: 'spec.channels.web.auth',
    says: 'say who may chat',
  },
  {
    title: 'anonymous with nothing after the colon',
    manifest: aTenantOnTheWeb({ auth: { anonymous: null } }),
    path: 'spec.channels.web.auth',
    says: 'choose exactly one: anonymous: {}',
  },
  {
    title: 'visitors and users at once',
    manifest: aTenantOnTheWeb({
      auth: { anonymous: {}, jwt: { issuer: 'i', audience: 'a', jwksURL: 'https://id.tidy.example' } },
    }),
    path: 'spec.channels.web.auth',
    says: 'choose exactly one: anonymous: {}',
  },
  {
    title: 'a visitor token for days, in a unit that there is not',
    manifest: aTenantOnTheWeb({ auth: { anonymous: { tokenTTL: '30d' } } }),
    path: `${anonymousPath}.tokenTTL`,
    says: 'as in 720h or 1h30m',
  },
  {
    title: 'a visitor token for a minute',
    manifest: aTenantOnTheWeb({ auth: { anonymous: { tokenTTL: '60s' } } }),
    path: `${anonymousPath}.tokenTTL`,
    says: 'write a duration from 5m to 8760h',
  },
  {
    title: 'an origin for every page of a domain',
    manifest: origin('https://*.tidy.example'),
    path: originPath,
    says: 'write an exact origin',
  },
  {
    title: 'an origin with a slash at the end',
    manifest: origin('https://chat.tidy.example/'),
    path: originPath,
    says: 'write an exact origin',
  },
  {
    title: 'an origin in capitals',
    manifest: origin('https://Chat.tidy.example'),
    path: originPath,
    says: 'host in lower case',
  },
  {
    title: 'an origin with the usual port',
    manifest: origin('https://chat.tidy.example:443'),
    path: originPath,
    says: 'leave out the port where it is the usual one',
  },
  {
    title: 'an origin twice',
    manifest: origin('https://www.tidy.example'),
    path: 'spec.channels.web.allowedOrigins',
    says: 'write each origin once',
  },
  {
    title: 'tokens of nobody',
    manifest: aTenantWithJwt({ issuer: undefined }),
    path: `${jwtPath}.issuer`,
    says: 'write what the iss claim of the tokens says',
  },
  {
    title: 'tokens for anybody',
    manifest: aTenantWithJwt({ audience: '' }),
    path: `${jwtPath}.audience`,
    says: 'write what the aud claim of the tokens says',
  },
  {
    title: 'tokens without a key',
    manifest: aTenantWithJwt({ jwksURL: undefined }),
    path: jwtPath,
    says: 'choose exactly one: jwksURL',
  },
  {
    title: 'tokens with keys of two kinds',
    manifest: aTenantWithJwt({ secretRef: { name: 'tidy-auth', key: 'secret' } }),
    path: jwtPath,
    says: 'choose exactly one: jwksURL',
  },
  {
    title: 'public keys over plain http',
    manifest: aTenantWithJwt({ jwksURL: 'http://id.tidy.example/jwks.json' }),
    path: `${jwtPath}.jwksURL`,
    says: 'write an https URL (http only for localhost)',
  },
  {
    title: 'a user claim with a space',
    manifest: aTenantWithJwt({ userClaim: 'user id' }),
    path: `${jwtPath}.userClaim`,
    says: 'write the name of a claim',
  },
]
