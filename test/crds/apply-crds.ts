// Puts the repository's CRDs into the shared API server, as someone who installs Konstruct does. Doing it again
// changes nothing.
import { fileURLToPath } from 'node:url'
import { kubectl } from '../support/kube.ts'

const files = ['tenant', 'agent'].map((name) =>
  fileURLToPath(new URL(`../../crds/${name}.yaml`, import.meta.url)),
)

export const applyCrds = async (): Promise<void> => {
  await kubectl('apply', '--server-side', ...files.flatMap((file) => ['-f', file]))
  const crds = ['crd/tenants.konstruct.dev', 'crd/agents.konstruct.dev']
  await kubectl('wait', '--for=condition=Established', '--timeout=30s', ...crds)
}
