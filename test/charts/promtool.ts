// promtool, as the people who write rules use it.
import { spawnSync } from 'node:child_process'
import { findPrometheus } from '../../dev/parts/prometheus.ts'

/** What promtool prints. @throws with what it criticises */
export const promtool = async (args: readonly string[], input = ''): Promise<string> => {
  const { promtool: command } = await findPrometheus()
  const { status, stdout, stderr } = spawnSync(command, [...args], { input, encoding: 'utf8' })
  if (status !== 0) throw new Error(`promtool ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
  return stdout
}
