// The architecture as data. Doors: which one folder may import a client package. Walls: what a folder must
// not reach into. Both become `no-restricted-imports` overrides; an override replaces the rule's options,
// so the groups of every folder are gathered here and never written by hand.
import { defineConfig, type OxlintOverride } from 'oxlint'

type Rules = NonNullable<OxlintOverride['rules']>

const doors: Readonly<Record<string, readonly string[]>> = {
  kafkajs: ['services/shared/bus'],
  ioredis: ['services/shared/redis'],
  sequelize: ['services/shared/store'],
  pg: ['services/shared/store'],
  '@kubernetes/client-node': ['operator/kube'],
  undici: ['operator/kube', 'services/orchestrator/models'],
  '@bufbuild/cel': ['operator/validation'],
  ajv: ['operator/validation'],
  ws: ['services/gateway'],
  openai: ['services/orchestrator/models'],
  jose: ['services/gateway/tokens'],
  pino: ['services/shared/runtime'],
}

const deployables = ['gateway', 'orchestrator', 'channels', 'webchat'] as const

interface Wall {
  readonly folder: string
  readonly mustNotReach: readonly string[]
  readonly because: string
}

const walls: readonly Wall[] = [
  ...deployables.map((name) => ({
    folder: `services/${name}`,
    mustNotReach: [
      ...deployables.filter((other) => other !== name).map((other) => `**/${other}/**`),
      '**/operator/**',
      '**/dev/**',
    ],
    because: 'Deployables never import each other: they meet in topics, keys, tables and resources.',
  })),
  {
    folder: 'operator',
    mustNotReach: [...deployables.map((name) => `**/services/${name}/**`), '**/dev/**'],
    because: 'The operator meets the services in PostgreSQL, never in code.',
  },
  {
    folder: 'operator/loop',
    mustNotReach: ['**/tenant/**', '**/kube/**', '**/validation/**'],
    because: 'The loop does not know what a Tenant is.',
  },
  {
    folder: 'services/shared',
    mustNotReach: [...deployables.map((name) => `**/${name}/**`), '**/operator/**', '**/dev/**'],
    because: 'Shared code knows no deployable.',
  },
  {
    folder: 'services/shared/domain',
    mustNotReach: ['node:*', '**/bus/**', '**/redis/**', '**/store/**', '**/runtime/**', '**/intake/**'],
    because: 'The domain is pure: it imports nothing.',
  },
]

const within = (file: string, folder: string): boolean => file === folder || file.startsWith(`${folder}/`)

const restrictionsOf = (folder: string) => [
  ...Object.entries(doors)
    .filter(([, folders]) => !folders.some((door) => within(folder, door)))
    .map(([name, folders]) => ({
      group: [name, `${name}/**`],
      message: `Only ${folders.join(', ')} may import ${name}.`,
    })),
  ...walls
    .filter((wall) => within(folder, wall.folder))
    .map((wall) => ({ group: [...wall.mustNotReach], message: wall.because })),
]

/** Every folder that some door or wall names, outer ones first, so that the most specific override wins. */
const folders = [...new Set([...Object.values(doors).flat(), ...walls.map((wall) => wall.folder)])].toSorted(
  (a, b) => a.split('/').length - b.split('/').length,
)

const restrict = (folder: string): OxlintOverride => ({
  files: [`${folder}/**/*.ts`],
  rules: { 'no-restricted-imports': ['error', { patterns: restrictionsOf(folder) }] } satisfies Rules,
})

export default defineConfig({
  plugins: ['typescript', 'import', 'unicorn', 'node', 'oxc', 'promise'],
  categories: { correctness: 'error', suspicious: 'error' },
  ignorePatterns: ['node_modules/**', 'services/webchat/dist/**', 'services/shared/domain/resources/**'],
  rules: {
    'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
    'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],
    'max-params': ['error', { max: 4 }],
    complexity: ['error', { max: 10 }],
    'max-depth': ['error', { max: 3 }],
    'no-console': 'error',
    'no-shadow': 'off',
    'no-await-in-loop': 'off',
    'no-underscore-dangle': 'off',
    'import/no-default-export': 'error',
    'import/no-cycle': 'error',
    'import/no-unassigned-import': 'off',
    'import/no-named-as-default-member': 'off',
    'node/no-process-env': 'error',
    'unicorn/filename-case': ['error', { case: 'kebabCase' }],
    'unicorn/consistent-function-scoping': 'off',
    'unicorn/no-array-sort': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/await-thenable': 'error',
    'typescript/switch-exhaustiveness-check': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/no-unsafe-type-assertion': 'off',
    'promise/always-return': 'off',
  },
  overrides: [
    ...['services', 'operator'].map(restrict),
    ...folders.filter((folder) => folder !== 'operator').map(restrict),
    { files: ['**/main.ts', '.mocharc.js', 'dev/**', 'test/**'], rules: { 'node/no-process-env': 'off' } },
    { files: ['dev/**'], rules: { 'no-console': 'off' } },
    { files: ['test/**'], rules: { 'max-lines-per-function': 'off', 'no-unused-expressions': 'off' } },
    { files: ['*.config.ts', '*.js'], rules: { 'import/no-default-export': 'off' } },
  ],
})
