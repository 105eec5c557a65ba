/**
 * A million addresses, or as many as said, located with an installed city database and drawn at 4096 × 2048, as whole
 * processes of the built program: through a results file, and through tables. Prints seconds and the largest resident
 * memory of each step. Needs `npm run build` and `interplot geo install`; the first run also flattens the database.
 *
 * npx tsx bench/chain.ts [addresses]
 */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { randomStream } from '../src/core/random.ts'
import { makeReplyBatch, REPLY_SUCCESS } from '../src/core/reply-batch.ts'
import { formatTargetLines } from '../src/output/target-lines.ts'
import { openStore } from '../src/store/store.ts'

const ADDRESSES = Number(process.argv[2] ?? 1_000_000)
const PROGRAM = fileURLToPath(new URL('../dist/bin/interplot.js', import.meta.url))

const folder = mkdtempSync(join(tmpdir(), 'interplot-chain-'))
const random = randomStream('chain', 'addresses')
const addresses = Uint32Array.from({ length: ADDRESSES }, () => 2 ** 24 + random.nextBelow(222 * 2 ** 24))

const fillResults = (path: string): void => {
  const store = openStore(path, { mode: 'write', create: true })
  const runId = store.beginRun({ command: 'scan', arguments: [], module: 'icmp-echo', startedUs: 0 })
  for (let from = 0; from < ADDRESSES; from += 8000) {
    const batch = makeReplyBatch(8000)
    const slice = addresses.subarray(from, from + 8000)
    batch.address.set(slice)
    batch.target.set(slice)
    batch.flags.fill(REPLY_SUCCESS)
    batch.count = slice.length
    store.appendReplies(runId, batch)
  }
  store.finishRun(runId, { finishedUs: 1, outcome: 'done', summary: {} })
  store.close()
}

interface Step {
  seconds: number
  residentMb: number
}

/** The program says at its end how large it was (getrusage's maxrss, which Node.js gives in kilobytes). */
const SAY_SIZE = `process.on('exit',()=>require('node:fs').writeFileSync(process.env.SIZE_FILE,String(process.resourceUsage().maxRSS)))`

const sayPath = join(folder, 'say-size.cjs')
const sizePath = join(folder, 'size')

const timed = (args: string[]): Step => {
  const startMs = performance.now()
  const { status, stderr } = spawnSync(process.execPath, ['--require', sayPath, PROGRAM, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, SIZE_FILE: sizePath },
  })
  if (status !== 0) throw new Error(`interplot ${args.join(' ')}: ${stderr}`)
  const seconds = Number(((performance.now() - startMs) / 1000).toFixed(2))
  return { seconds, residentMb: Math.round(Number(readFileSync(sizePath, 'utf8')) / 1024) }
}

try {
  writeFileSync(sayPath, SAY_SIZE)
  fillResults(join(folder, 'results.db'))
  writeFileSync(join(folder, 'list.txt'), formatTargetLines(addresses, null))
  const size = ['--size', '4096x2048']
  const file = {
    geolocate: timed(['geolocate', 'results.db']),
    render: timed(['render', 'results.db', '-o', 'a.png', ...size]),
  }
  const table = {
    geolocate: timed(['geolocate', 'list.txt', '-o', 'places.csv']),
    render: timed(['render', 'places.csv', '-o', 'b.png', ...size]),
  }
  const total = ({ geolocate, render }: typeof file): number => Number((geolocate.seconds + render.seconds).toFixed(2))
  const rows = {
    addresses: ADDRESSES,
    of: 'whole processes',
    resultsFile: { ...file, totalSeconds: total(file) },
    table: { ...table, totalSeconds: total(table) },
  }
  process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
