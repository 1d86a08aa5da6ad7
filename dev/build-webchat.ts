// Builds what the gateway serves of the web chat into services/webchat/dist:
//   page.html                     the page of every tenant, at /chat/{tenant}
//   assets/page.js  page.css      what it loads
//   widget.js  favicon.svg        at the same path
//
//   node dev/build-webchat.ts
import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'

const source = join(import.meta.dirname, '../services/webchat')

/** Where the gateway looks. */
const dist = join(source, 'dist')

const copies = [
  ['page.html', 'page.html'],
  ['page.css', 'assets/page.css'],
  ['favicon.svg', 'favicon.svg'],
] as const

const entries: Readonly<Record<string, string>> = {
  'assets/page': join(source, 'page.ts'),
  widget: join(source, 'widget.ts'),
}

/** Bundles one script, or several by their path below `folder`, as the web chat's are. */
export const bundle = async (
  entryPoints: Readonly<Record<string, string>>,
  folder: string,
): Promise<void> => {
  await build({
    entryPoints: { ...entryPoints },
    outdir: folder,
    bundle: true,
    // A classic script loads from any origin, and `document.currentScript` tells it its own.
    format: 'iife',
    // The first that know `light-dark()` and relative colours.
    target: ['chrome123', 'firefox128', 'safari17.5'],
    minify: true,
    legalComments: 'eof',
    logLevel: 'warning',
  })
}

/** Files are replaced, never removed: a gateway that runs goes on serving. */
export const buildWebchat = async (folder = dist): Promise<void> => {
  await mkdir(join(folder, 'assets'), { recursive: true })
  for (const [name, path] of copies) await cp(join(source, name), join(folder, path))
  await bundle(entries, folder)
}

if (import.meta.main) await buildWebchat()
