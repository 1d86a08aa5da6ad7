// kube-apiserver and kubectl from source: the module k8s.io/kubernetes cannot be installed by its name, because it
// points to folders of its own repository; a small go.mod points those to the modules that are published instead.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Report } from './part.ts'
import { runCommand } from './run-command.ts'

export const kubernetesVersion = '1.35.4'

/** For whatever is built here: helm asks for the newest. Debian 12 packages an older one, which cannot fetch it by itself. */
export const neededGo = 'Go 1.26 or newer from https://go.dev/dl'

const [major, minor] = kubernetesVersion.split('.')
const stagingVersion = `v0.${kubernetesVersion.split('.').slice(1).join('.')}`

const goModOf = (upstream: string): string => {
  const staging = [...upstream.matchAll(/^\s+(\S+) => \.\/staging\//gm)].map(
    ([, name]) => `replace ${name} => ${name} ${stagingVersion}`,
  )
  const goLine = /^go .*$/m.exec(upstream)?.[0] ?? ''
  return [
    'module konstruct.dev/kubernetes',
    goLine,
    `require k8s.io/kubernetes v${kubernetesVersion}`,
    ...staging,
    '',
  ].join('\n')
}

/** Without these the API server calls itself v0.0.0, and clients take it for that. */
const versionFlags = [
  `-X k8s.io/component-base/version.gitVersion=v${kubernetesVersion}`,
  `-X k8s.io/component-base/version.gitMajor=${major}`,
  `-X k8s.io/component-base/version.gitMinor=${minor}`,
].join(' ')

/** Builds the programs into the folder: 4 to 5 minutes on two cores, with an empty Go cache. */
export const buildKubernetes = async (
  programs: readonly string[],
  folder: string,
  report: Report,
): Promise<void> => {
  const module = `k8s.io/kubernetes@v${kubernetesVersion}`
  const download = await runCommand({
    doing: `downloading ${module}`,
    command: 'go',
    args: ['mod', 'download', '-json', module],
    folder,
    report,
  })
  const { GoMod } = JSON.parse(download.slice(download.indexOf('{'))) as { readonly GoMod: string }
  writeFileSync(join(folder, 'go.mod'), goModOf(readFileSync(GoMod, 'utf8')))
  await runCommand({
    doing: `building ${programs.join(' and ')}, about 5 minutes once`,
    command: 'go',
    args: [
      'build',
      '-v',
      '-mod=mod',
      '-trimpath',
      '-buildvcs=false',
      `-ldflags=-s -w ${versionFlags}`,
      `-o=${folder}/`,
      ...programs.map((name) => `k8s.io/kubernetes/cmd/${name}`),
    ],
    folder,
    env: { CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' },
    report,
  })
}
