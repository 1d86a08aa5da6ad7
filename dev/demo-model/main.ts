// The demo model as a process of its own.
import { startDemoModel } from './demo-model.ts'

const port = Number(process.env['KONSTRUCT_DEMO_MODEL_PORT'] ?? 4010)
const model = await startDemoModel({ port })
console.log(`The demo model answers at ${model.url}.`)
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    void model.close().then(() => process.exit(0))
  })
