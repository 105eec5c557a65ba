// Bundles the browser client of HTML maps, src/render/viewer/, into dist/viewer/: a script and a style sheet that the backend
// writes into every page. `npm run build` calls it, and so do the tests, which run from the sources (vitest's globalSetup).

import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))

export const buildViewer = () =>
  build({
    entryPoints: { viewer: at('src/render/viewer/viewer.ts') },
    bundle: true,
    minify: true,
    format: 'iife',
    target: ['chrome103', 'firefox113', 'safari16.4'],
    charset: 'ascii',
    legalComments: 'none',
    logLevel: 'warning',
    outdir: at('dist/viewer'),
  })

export const setup = async () => {
  await buildViewer()
}
