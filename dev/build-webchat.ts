// Builds the chat page and the widget into services/webchat/dist, which the gateway serves as static files:
//   node dev/build-webchat.ts [--watch]
import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { build, context } from 'esbuild'
import type { BuildOptions } from 'esbuild'

const source = join(import.meta.dirname, '../services/webchat')
const dist = join(source, 'dist')

const options: BuildOptions = {
  entryPoints: ['page.ts', 'widget.ts'].map((name) => join(source, name)),
  outdir: dist,
  bundle: true,
  // A classic script: it loads from any origin, and `document.currentScript` tells it its own.
  format: 'iife',
  target: ['chrome123', 'firefox128', 'safari17.5'],
  minify: true,
  legalComments: 'eof',
  logLevel: 'warning',
}

export const buildWebchat = async (): Promise<void> => {
  await rm(dist, { recursive: true, force: true })
  await mkdir(dist, { recursive: true })
  for (const name of ['chat.html', 'page.css', 'icon.svg']) await cp(join(source, name), join(dist, name))
  await build(options)
}

if (import.meta.main) {
  await buildWebchat()
  if (process.argv.includes('--watch')) await (await context(options)).watch()
}
