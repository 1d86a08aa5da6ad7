// The model of the demo: a real one that the environment names, else the demo model as a process of its own.
import { choosePort, freePort } from '../parts/free-port.ts'
import { type DemoModel, sampleModel } from './demo-manifests.ts'
import type { DemoFolder } from './demo-folder.ts'
import { keepRunning, type Kept } from './keep-running.ts'
import { startLeashed } from '../parts/leashed-program.ts'
import type { Report } from '../parts/part.ts'

interface RunningModel {
  readonly model: DemoModel
  /** Null for one that someone else runs. */
  readonly kept: Kept | null
}

const entry = new URL('../demo-model/main.ts', import.meta.url).pathname

const named = (name: string): string | undefined => {
  const value = process.env[name]
  return value === '' ? undefined : value
}

export const startModel = async (folder: DemoFolder, report: Report): Promise<RunningModel> => {
  const url = named('KONSTRUCT_MODEL_URL')
  if (url !== undefined) {
    const model = named('KONSTRUCT_MODEL') ?? sampleModel.model
    return { model: { url, model, key: named('KONSTRUCT_MODEL_KEY') }, kept: null }
  }
  const port = await choosePort('demo model', Number(new URL(sampleModel.url).port)).catch(() => freePort())
  const start = () =>
    startLeashed({
      name: 'demo model',
      command: process.execPath,
      args: [entry],
      env: { KONSTRUCT_DEMO_MODEL_PORT: String(port) },
      logFile: folder.log('demo-model'),
    })
  const kept = await keepRunning({ name: 'The demo model', start, report })
  return { model: { ...sampleModel, url: `http://127.0.0.1:${port}/v1` }, kept }
}
