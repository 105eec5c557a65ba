// Compiles bin/ and src/ into dist/ and makes the program executable.

import { spawnSync } from 'node:child_process'
import { chmodSync, rmSync } from 'node:fs'

rmSync('dist', { recursive: true, force: true })
const { status } = spawnSync('npx', ['tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' })
if (status === 0) chmodSync('dist/bin/interplot.js', 0o755)
process.exitCode = status ?? 1
