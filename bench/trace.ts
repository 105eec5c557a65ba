/**
 * One host over 15 routers with 20 ms of delay on each line: interplot, traceroute, mtr and scamper over the same simulated
 * path in real time (`interplot lab run --live`), how long each takes and whether all see the same hops.
 *
 *   npm run build && sudo node --import tsx bench/trace.ts [ROUNDS]
 *
 * Once with every router answering, where the best that can be is one round trip to the farthest hop, and once with the scenario's
 * silent, rate-limited and labelled routers. The programs' own start is within their times; for interplot the trace itself is told, too.
 */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROUNDS = Number(process.argv[2] ?? 3)
const PROGRAM = fileURLToPath(new URL('../dist/bin/interplot.js', import.meta.url))
const SCENARIO = fileURLToPath(new URL('../lab/scenarios/long-path.json', import.meta.url))
const TARGET = '240.1.0.9'
const HOPS = 16

interface Contender {
  name: string
  command: string
  /** Addresses by TTL out of what it prints; '' where nobody answered. */
  hops(text: string): string[]
}

const byTtl = (text: string, line: RegExp): string[] => {
  const hops = new Array<string>(HOPS).fill('')
  for (const [, ttl, address] of text.matchAll(line)) {
    const at = Number(ttl) - 1
    if (at < HOPS) hops[at] = address ?? ''
  }
  return hops
}
const LINE = /^\s*(\d+)\s+(?:(\d+\.\d+\.\d+\.\d+)|\*)/gm

interface TraceJson {
  started_us: number
  finished_us: number
  hops: { ttl: number; address: string | null }[]
}

const jsonOf = (text: string): TraceJson => JSON.parse(text.split('\n')[0]!) as TraceJson
const jsonHops = (text: string): string[] => {
  const hops = new Array<string>(HOPS).fill('')
  for (const { ttl, address } of jsonOf(text).hops) hops[ttl - 1] ||= address ?? ''
  return hops
}

const OURS = `interplot trace -n --no-db --no-places --json ${TARGET}`
const CONTENDERS: readonly Contender[] = [
  { name: 'interplot, ICMP, 3 probes a hop', command: OURS, hops: jsonHops },
  { name: 'interplot, UDP', command: `${OURS} -U`, hops: jsonHops },
  { name: 'interplot, TCP', command: `${OURS} -T`, hops: jsonHops },
  {
    name: 'traceroute, ICMP, 3 probes a hop',
    command: `traceroute -n -I ${TARGET}`,
    hops: (text) => byTtl(text, LINE),
  },
  { name: 'traceroute, UDP', command: `traceroute -n ${TARGET}`, hops: (text) => byTtl(text, LINE) },
  {
    name: 'mtr, 3 rounds',
    command: `mtr -n -r -c 3 ${TARGET}`,
    hops: (text) => byTtl(text, /^\s*(\d+)\.\|--\s+(?:(\d+\.\d+\.\d+\.\d+)|\?\?\?)/gm),
  },
  {
    name: 'scamper, ICMP Paris, 3 probes a hop',
    command: `scamper -I "trace -P icmp-paris -q 3 -Q ${TARGET}"`,
    hops: (text) => byTtl(text, LINE),
  },
]

/** Seconds within the lab, and what was printed. */
const run = (scenario: string, command: string): { seconds: number; text: string } => {
  const script = `S=$(date +%s%N); ${command} 2>/dev/null; E=$(date +%s%N); echo "took $((E-S))"`
  const text = execFileSync(
    process.execPath,
    [PROGRAM, 'lab', 'run', '-q', '--live', '--scenario', scenario, '--', 'sh', '-c', script],
    { encoding: 'utf8', timeout: 120_000 },
  )
  return { seconds: Number(/^took (\d+)$/m.exec(text)?.[1]) / 1e9, text }
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

/** @param rttSeconds the round trip to the farthest hop. */
const measure = (title: string, scenario: string, rttSeconds: number): void => {
  process.stdout.write(`\n${title}\n`)
  let reference: string[] | undefined
  for (const { name, command, hops } of CONTENDERS) {
    const results = Array.from({ length: ROUNDS }, () => run(scenario, command))
    const seconds = median(results.map((each) => each.seconds))
    const found = hops(results[0]!.text)
    reference ??= found
    const same = found.join() === reference.join() ? 'same hops' : `other hops: ${found.join(' ')}`
    const own = (text: string): number => (jsonOf(text).finished_us - jsonOf(text).started_us) / 1e6
    const ours = name.startsWith('interplot')
      ? `, the trace itself ${(median(results.map(({ text }) => own(text))) / rttSeconds).toFixed(2)} × the farthest round trip`
      : ''
    process.stdout.write(
      `${name.padEnd(38)} ${seconds.toFixed(2).padStart(6)} s${ours}  ${found.filter((each) => each !== '').length} hops, ${same}\n`,
    )
  }
}

const folder = mkdtempSync(join(tmpdir(), 'interplot-bench-'))
try {
  const scenario = JSON.parse(readFileSync(SCENARIO, 'utf8')) as { routers: Record<string, unknown>[] }
  for (const router of scenario.routers) {
    for (const oddity of ['silent', 'icmpRatePps', 'icmpBurst', 'mpls']) delete router[oddity]
  }
  const clean = join(folder, 'clean.json')
  writeFileSync(clean, JSON.stringify(scenario))
  // 15 lines of 20 ms and the last mile of 1 ms, there and back.
  measure('every router answers', clean, 0.602)
  measure('one router silent, one limited to two errors a second', SCENARIO, 0.602)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
