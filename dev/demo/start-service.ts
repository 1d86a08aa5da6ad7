// One deployable of the demo, kept running.
import { freePort } from '../parts/free-port.ts'
import type { Report } from '../parts/part.ts'
import { adminUrlOf, awaitDeployable, type DeployableSpec, startDeployable } from './deployable.ts'
import { keepRunning, type Kept } from './keep-running.ts'

interface ServiceSpec extends DeployableSpec {
  readonly report: Report
}

export interface DemoService extends Kept {
  readonly adminUrl: string
}

/** Resolves when it is ready. @throws with the end of its log */
export const startService = async (spec: ServiceSpec): Promise<DemoService> => {
  const { name, report } = spec
  const adminPort = await freePort()
  const adminUrl = adminUrlOf(adminPort)
  const kept = await keepRunning({ name, start: () => startDeployable(spec, adminPort), report })
  const stop = (): Promise<void> => kept.stop()
  await awaitDeployable(name, adminUrl, { ...kept.first, stop })
  return { name, stop, adminUrl }
}
