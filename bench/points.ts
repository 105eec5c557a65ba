/**
 * What a map reads of a results file, as a whole process without the drawing: opens a file of so many distinct addresses,
 * all located, asks for the points and ends. The file is made beforehand by the store's own writers, observations in random
 * order. Prints seconds and the largest resident memory.
 *
 * npx tsx bench/points.ts [addresses] [file to make, or to use again when it is there; removed unless it is named]
 */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeLocatedFile } from './located-file.ts'

const ADDRESSES = Number(process.argv[2] ?? 1_000_000)
/** What the measured process does: its figures go to standard output. */
const READ = `
const startMs = performance.now()
const { openStore } = await import(${JSON.stringify(new URL('../src/store/store.ts', import.meta.url).href)})
const store = openStore(process.env.RESULTS_FILE, { mode: 'read' })
const points = await store.points()
store.close()
const located = points.weight.reduce((sum, each) => sum + each, 0)
const places = points.weight.length
process.stdout.write(JSON.stringify({ readSeconds: (performance.now() - startMs) / 1000, located, places,
  residentMb: Math.round(process.resourceUsage().maxRSS / 1024) }))
`

const folder = mkdtempSync(join(tmpdir(), 'interplot-points-'))
const path = process.argv[3] ?? join(folder, 'results.db')
try {
  if (!existsSync(path)) makeLocatedFile(path, ADDRESSES)
  const startMs = performance.now()
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', fileURLToPath(import.meta.resolve('tsx')), '--input-type=module', '--eval', READ],
    { encoding: 'utf8', env: { ...process.env, RESULTS_FILE: path } },
  )
  if (status !== 0) throw new Error(stderr)
  const seconds = Number(((performance.now() - startMs) / 1000).toFixed(2))
  process.stdout.write(`${JSON.stringify({ addresses: ADDRESSES, seconds, ...JSON.parse(stdout) })}\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
