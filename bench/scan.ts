/**
 * Whole scans beside zmap and masscan, as processes, on the same machine in the same minutes:
 *
 *   npm run build && sudo node --import tsx bench/scan.ts [runs] [prefix] [icmp|rst|synack] [regular expression: contenders]
 *
 * Two namespaces joined by a veth pair; a real kernel answers 4,194,304 addresses (10.64.0.0/10). ICMP echo, and TCP SYN
 * to a closed port (RST) and an open one (SYN-ACK), each at the highest rate, with one second of listening at the end.
 * Wall time, CPU time of the process and its kernel work, peak memory, and how many distinct targets were found. masscan
 * never ends by itself here, so it is stopped after 25 seconds, and its wall and CPU time say nothing. Medians; ratios to zmap's.
 *
 * On an idle machine of two cores a run of one contender over the whole /10 takes some twenty seconds, counting included: name the
 * kind and the contenders (zmap with one thread always runs), or take a smaller prefix (10.64.0.0/14) for a first look.
 */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type KernelLab, startKernelLab } from '../src/lab/namespaces.ts'
import { parseScenario } from '../src/lab/scenario.ts'
import { outputOf } from './lab-output.ts'

const PROGRAM = fileURLToPath(new URL('../dist/bin/interplot.js', import.meta.url))
const RUNS = Number(process.argv[2] ?? 5)
const NETWORK = process.argv[3] ?? '10.64.0.0/10'
const ONLY = process.argv[4]
const CONTENDERS = new RegExp(process.argv[5] ?? '')
/** Runs a command; prints seconds of wall and CPU time and kilobytes of memory at its highest. */
const MEASURE = `
import resource, subprocess, sys, time
began = time.monotonic()
code = subprocess.run(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=open(sys.argv[1], 'wb'), stderr=subprocess.STDOUT).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss, code)
`

interface Result {
  wallS: number
  cpuS: number
  rssMb: number
  found: number
}

interface Contender {
  name: string
  /** The command, given the output file; null when it is not installed. */
  command(output: string): string[] | null
  /** Distinct targets in the output. */
  count: string
}

const installed = (command: string): boolean => spawnSync(command, ['--version']).error === undefined

/** Rows of a list of addresses, each counted once. */
const COUNT_LINES = 'sort -u --parallel=2 OUTPUT | wc -l'
const COUNT_ROWS = `${process.execPath} -e "const D=require('better-sqlite3');console.log(new D('OUTPUT').prepare('select count(distinct address) from observations').pluck().get())"`

interface OwnOptions {
  threads: number
  database?: boolean
  link?: string
}

const interplot = (
  name: string,
  probe: string[],
  { threads, database = false, link = 'packet' }: OwnOptions,
): Contender => ({
  name,
  command: (output) => [
    ...[process.execPath, PROGRAM, 'scan', NETWORK, '--allow-special', '10.0.0.0/8', ...probe],
    ...['-r', '100M', '-c', '1', '-q', '-T', String(threads), '--link', link],
    ...(database ? ['--db', output] : ['--no-db', '-o', output, '--no-header-row', '--all-replies']),
  ],
  count: database ? COUNT_ROWS : COUNT_LINES,
})

const zmap = (lab: KernelLab, folder: string, probe: string[], threads: number): Contender => ({
  name: `zmap -T ${threads}`,
  command: (output) =>
    installed('zmap')
      ? [
          ...[
            'zmap',
            ...probe,
            '-O',
            'csv',
            '-f',
            'saddr',
            '-C',
            '/dev/null',
            '-b',
            join(folder, 'none'),
            '-i',
            lab.interfaceName,
          ],
          ...['-S', '10.200.0.1', '-G', lab.gatewayMac, '-r', '100000000', '-T', String(threads), '-c', '1', '-q'],
          ...['--output-filter', 'repeat = 0', '-o', output, NETWORK],
        ]
      : null,
  count: COUNT_LINES,
})

const masscan = (lab: KernelLab, port: number): Contender => ({
  name: 'masscan (stopped)',
  command: (output) =>
    installed('masscan')
      ? [
          ...['timeout', '-s', 'KILL', '25', 'masscan', NETWORK, `-p${port}`, '--rate', '100000000', '--wait', '1'],
          ...['--adapter', lab.interfaceName, '--adapter-ip', '10.200.0.1', '--router-mac', lab.gatewayMac],
          ...['--show', 'open,closed', '-oL', output],
        ]
      : null,
  count: "grep -a '^open\\|^closed' OUTPUT | cut -d' ' -f4 | sort -u | wc -l",
})

const measure = async (lab: KernelLab, folder: string, contender: Contender): Promise<Result | null> => {
  const output = join(folder, 'output')
  for (const end of ['', '-wal', '-shm']) rmSync(output + end, { force: true })
  const command = contender.command(output)
  if (command === null) return null
  const log = join(folder, 'log')
  const text = await outputOf(lab, 'python3', ['-c', MEASURE, log, ...command])
  const [wallS, cpuS, rssKb] = text.trim().split(' ').map(Number)
  const counted = existsSync(output)
    ? spawnSync('sh', ['-c', contender.count.replaceAll('OUTPUT', output)], { encoding: 'utf8', cwd: process.cwd() })
    : null
  return { wallS: wallS!, cpuS: cpuS!, rssMb: rssKb! / 1024, found: Number(counted?.stdout ?? 0) }
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

const summary = (results: readonly Result[]): Result => ({
  wallS: median(results.map(({ wallS }) => wallS)),
  cpuS: median(results.map(({ cpuS }) => cpuS)),
  rssMb: Math.max(...results.map(({ rssMb }) => rssMb)),
  found: Math.min(...results.map(({ found }) => found)),
})

const main = async (): Promise<void> => {
  const lab = await startKernelLab(
    parseScenario(
      {
        name: 'bench',
        seed: '1',
        vantage: { address: '10.200.0.1' },
        networks: [{ prefix: NETWORK, tcp: { '80': 'open', '*': 'closed' } }],
      },
      'bench',
    ),
  )
  const folder = mkdtempSync(join(tmpdir(), 'interplot-bench-'))
  writeFileSync(join(folder, 'none'), '')
  const kinds = [
    { id: 'icmp', kind: 'ICMP echo', own: [], theirs: ['-M', 'icmp_echoscan'], port: null },
    { id: 'rst', kind: 'SYN, answered by RST', own: ['-p', '81'], theirs: ['-M', 'tcp_synscan', '-p', '81'], port: 81 },
    {
      id: 'synack',
      kind: 'SYN, answered by SYN-ACK',
      own: ['-p', '80'],
      theirs: ['-M', 'tcp_synscan', '-p', '80'],
      port: 80,
    },
  ]
  try {
    for (const { kind, own, theirs, port } of kinds.filter(({ id }) => ONLY === undefined || id === ONLY)) {
      const contenders = [
        zmap(lab, folder, theirs, 1),
        zmap(lab, folder, theirs, 2),
        interplot('interplot, CSV, 1 sender', own, { threads: 1 }),
        interplot('interplot, CSV, 2 senders', own, { threads: 2 }),
        interplot('interplot af-xdp, CSV, 1 sender', own, { threads: 1, link: 'af-xdp' }),
        interplot('interplot af-xdp, CSV, 2 senders', own, { threads: 2, link: 'af-xdp' }),
        interplot('interplot, results file, 1 sender', own, { threads: 1, database: true }),
        interplot('interplot, results file, 2 senders', own, { threads: 2, database: true }),
        ...(port === null ? [] : [masscan(lab, port)]),
      ].filter(({ name }) => name === 'zmap -T 1' || CONTENDERS.test(name))
      const results = new Map<string, Result[]>(contenders.map(({ name }) => [name, []]))
      for (let run = 0; run < RUNS; run += 1) {
        for (const contender of contenders) {
          if (contender.name.startsWith('masscan') && run > 0) continue
          const result = await measure(lab, folder, contender)
          if (result !== null) results.get(contender.name)!.push(result)
        }
      }
      const peer = summary(results.get('zmap -T 1')!)
      process.stdout.write(`${kind}, ${NETWORK}, medians of ${RUNS}\n`)
      for (const [name, of] of results) {
        if (of.length === 0) continue
        const { wallS, cpuS, rssMb, found } = summary(of)
        const ratios = `${(wallS / peer.wallS).toFixed(2)}× wall, ${(cpuS / peer.cpuS).toFixed(2)}× CPU of zmap -T 1`
        process.stdout.write(
          `  ${name.padEnd(36)} ${wallS.toFixed(2).padStart(6)} s wall, ${cpuS.toFixed(2).padStart(6)} s CPU, ${rssMb.toFixed(0).padStart(4)} MB, found ${found}; ${ratios}\n`,
        )
      }
    }
  } finally {
    rmSync(folder, { recursive: true })
    await lab.stop()
  }
}

await main()
