// Compiles bin/ and src/ into dist/, bundles the client of HTML maps and makes the program executable.

import { spawnSync } from 'node:child_process'
import { chmodSync, rmSync } from 'node:fs'
import { buildViewer } from './build-viewer.mjs'

rmSync('dist', { recursive: true, force: true })
const { status } = spawnSync('npx', ['tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' })
if (status === 0) {
  chmodSync('dist/bin/interplot.js', 0o755)
  await buildViewer()
}
process.exitCode = status ?? 1
