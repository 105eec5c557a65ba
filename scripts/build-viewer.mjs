// Bundles the browser clients of HTML maps (src/render/viewer/) and of the live map (src/services/live-map/page/) into dist/viewer/: a
// script and a style sheet each, which the backend writes into every page and the live map serves. `npm run build` calls it, and so
// do the tests, which run from the sources (vitest's globalSetup).

import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))

export const buildViewer = () =>
  build({
    entryPoints: { viewer: at('src/render/viewer/viewer.ts'), live: at('src/services/live-map/page/live.ts') },
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
