/**
 * Dry runs: targets a second that the built program prints as packets, as records and as targets, beside zmap's packets
 * where zmap is installed; and whether every packet of both has the same form. Nothing is sent by either. Prints one JSON object;
 * medians of five.
 *
 * npm run build && npx tsx bench/dry-run.ts
 */

import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../dist/bin/interplot.js', import.meta.url))
const RUNS = 5
const CHECKED = 3000
const WAY_OUT = ['-S', '192.0.2.1', '-G', '02:00:00:00:00:0b', '-i', 'lo', '-q']
/** Packets a second no loop reaches: zmap would else keep a pace in a dry run, too. */
const UNPACED = ['-r', '100000000']

interface Program {
  command: string
  args: readonly string[]
}

const interplot = (...args: string[]): Program => ({
  command: process.execPath,
  args: [PROGRAM, 'scan', '1.0.0.0/8', '2.0.0.0/8', ...WAY_OUT, ...args],
})
const zmap = (...args: string[]): Program => ({
  command: 'zmap',
  args: [
    '1.0.0.0/8',
    '2.0.0.0/8',
    '--dryrun',
    '-b',
    '/dev/null',
    '-c',
    '0',
    '-T',
    '1',
    ...WAY_OUT,
    ...UNPACED,
    ...args,
  ],
})

const seconds = (program: Program): Promise<number> =>
  new Promise((resolve, reject) => {
    const startMs = performance.now()
    const child = spawn(program.command, program.args, { stdio: ['ignore', 'ignore', 'ignore'] })
    child.on('error', reject)
    child.on('close', (code) =>
      code === 0 ? resolve((performance.now() - startMs) / 1000) : reject(new Error(`${program.command}: ${code}`)),
    )
  })

/** Whole runs, start of the program included. */
const perSecond = async (count: number, program: Program): Promise<number> => {
  const times: number[] = []
  for (let run = 0; run < RUNS; run += 1) times.push(await seconds(program))
  return Math.round(count / times.sort((a, b) => a - b)[Math.floor(RUNS / 2)]!)
}

const SUM = '(?:0000|0X[0-9A-F]{2,4})'
const ENDS =
  `ip \\{ saddr: 192\\.0\\.2\\.1 \\| daddr: [12]\\.[\\d.]+ \\| checksum: ${SUM} \\}\\n` +
  'eth \\{ shost: 00:00:00:00:00:00 \\| dhost: 02:00:00:00:00:0b \\}\\n-{54}\\n'
const FORMS = {
  tcp_synscan: `tcp \\{ source: \\d+ \\| dest: 80 \\| seq: \\d+ \\| checksum: ${SUM} \\}\\n`,
  udp: `udp \\{ source: \\d+ \\| dest: 80 \\| checksum: ${SUM} \\}\\n`,
  icmp_echoscan: `icmp \\{ type: 8 \\| code: 0 \\| checksum: ${SUM} \\| id: \\d+ \\| seq: \\d+ \\}\\n`,
} as const

/** How many of a program's packets have the form, and whether it printed anything else. */
const inForm = ({ command, args }: Program, form: string): { packets: number; rest: number } => {
  const text = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 28 }).stdout
  const packet = new RegExp(form + ENDS, 'g')
  return { packets: text.match(packet)?.length ?? 0, rest: text.replace(packet, '').length }
}

const hasZmap = spawnSync('zmap', ['--version']).error === undefined
const sameForm = Object.entries(FORMS).map(([module, form]) => {
  const count = ['-n', String(CHECKED), '-M', module]
  const ports = module === 'icmp_echoscan' ? [] : ['-p', '80']
  return {
    module,
    interplot: inForm(interplot('--dryrun', ...count, ...ports), form),
    // zmap's ICMP module takes a port and ignores it.
    zmap: hasZmap ? inForm(zmap(...count, '-p', '80'), form) : null,
  }
})
const MILLION = 1_000_000
const ALL = 2 ** 25
process.stdout.write(
  `${JSON.stringify(
    {
      checked: CHECKED,
      sameForm,
      perSecond: {
        packets: await perSecond(MILLION, interplot('--dryrun', '-p', '80', '-n', String(MILLION))),
        zmapPackets: hasZmap ? await perSecond(MILLION, zmap('-p', '80', '-n', String(MILLION))) : null,
        records: await perSecond(ALL, interplot('--fast-dryrun', '-p', '80')),
        targets: await perSecond(ALL, interplot('--list-targets')),
        targetsWithPorts: await perSecond(ALL, interplot('--list-targets', '-p', '80')),
      },
    },
    null,
    2,
  )}\n`,
)
