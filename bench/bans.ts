/**
 * A log of fail2ban, made and read:
 *
 *   npx tsx bench/bans.ts [lines]
 *
 * Lines are as a busy server writes them: five in ten Found, two Ban, two Unban, one something else, over about a month. Prints the reading
 * in this process alone (the best of three), the built program's import as a whole process, and grep and python counting the same bans in the same file.
 */

import { spawnSync } from 'node:child_process'
import { createReadStream, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { formatIpv4 } from '../src/core/ip.ts'
import { randomStream } from '../src/core/random.ts'
import { readBans } from '../src/sources/bans/ban-reader.ts'

const LINES_MAX = 5_000_000
const lines = Math.min(Number(process.argv[2] ?? '1000000'), LINES_MAX)
const MONTH_MS = 30 * 86_400_000
const START_MS = Date.UTC(2026, 2, 10)
const RUNS = 3
const JAILS = ['sshd', 'nginx-http-auth', 'postfix-sasl', 'recidive']

const random = randomStream('bench', 'bans')
const messages: readonly ((jail: string, address: string, time: string) => string)[] = [
  ...Array.from(
    { length: 5 },
    () => (jail: string, address: string, time: string) =>
      `fail2ban.filter         [812]: INFO    [${jail}] Found ${address} - ${time}`,
  ),
  ...Array.from(
    { length: 2 },
    () => (jail: string, address: string) => `fail2ban.actions        [812]: NOTICE  [${jail}] Ban ${address}`,
  ),
  ...Array.from(
    { length: 2 },
    () => (jail: string, address: string) => `fail2ban.actions        [812]: NOTICE  [${jail}] Unban ${address}`,
  ),
  (jail, address) => `fail2ban.actions        [812]: NOTICE  [${jail}] ${address} already banned`,
]
const logLine = (i: number): string => {
  const at = new Date(START_MS + Math.floor((i / lines) * MONTH_MS)).toISOString()
  const time = `${at.slice(0, 10)} ${at.slice(11, 19)}`
  const pick = random.nextUint32()
  const message = messages[pick % messages.length]!
  return `${time},${at.slice(20, 23)} ${message(JAILS[(pick >>> 8) % JAILS.length]!, formatIpv4(random.nextUint32()), time)}\n`
}

const print = (name: string, value: string): boolean => process.stdout.write(`${name.padEnd(44)} ${value}\n`)
const rate = (seconds: number): string => `${seconds.toFixed(2)} s, ${(lines / seconds / 1e6).toFixed(2)} M lines/s`

const read = async (path: string, options: { timeZone: string; attempts?: boolean }) => {
  const startMs = performance.now()
  const stream = readBans(createReadStream(path, { highWaterMark: 1 << 20 }), path, {
    ...options,
    nowUs: () => START_MS * 1000,
  })
  let bans = 0
  for await (const batch of stream) for (const event of batch) if (event.act === 'ban') bans += 1
  return { seconds: (performance.now() - startMs) / 1000, bans, counts: stream.counts }
}

const peer = (name: string, program: string, args: readonly string[], wanted: number): void => {
  const startMs = performance.now()
  const { stdout, error } = spawnSync(program, args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } })
  if (error !== undefined) print(name, 'not there')
  else if (Number(stdout) !== wanted) throw new Error(`${name} found ${stdout.trim()} bans, not ${wanted}`)
  else print(name, rate((performance.now() - startMs) / 1000))
}

const PYTHON = `
import re, sys, datetime
shape = re.compile(r'^(\\S+ \\S+) fail2ban\\.actions\\s+\\[\\d+\\]: NOTICE\\s+\\[([^\\]]+)\\] Ban (\\S+)$')
bans = []
for line in open(sys.argv[1]):
    found = shape.match(line)
    if found: bans.append((datetime.datetime.strptime(found[1], '%Y-%m-%d %H:%M:%S,%f').timestamp(), found[2], found[3]))
print(len(bans))
`

const PROGRAM = fileURLToPath(new URL('../dist/bin/interplot.js', import.meta.url))

/** `interplot bans import` as a person runs it, into a results file that is not there yet, and once more. */
const whole = (path: string, db: string): void => {
  for (const name of ['interplot bans import, whole process', 'the same again']) {
    const startMs = performance.now()
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [PROGRAM, 'bans', 'import', path, '--db', db, '--time-zone', 'Europe/Berlin'],
      { encoding: 'utf8' },
    )
    if (status !== 0) throw new Error(`${name}: ${stderr}`)
    print(name, rate((performance.now() - startMs) / 1000))
    print('', stdout.trim().slice(stdout.indexOf(':') + 2))
  }
}

const folder = mkdtempSync(join(tmpdir(), 'interplot-bench-'))
try {
  const path = join(folder, 'fail2ban.log')
  const made: string[] = []
  for (let i = 0; i < lines; i += 1) made.push(logLine(i))
  writeFileSync(path, made.join(''))
  made.length = 0
  print('lines', `${lines}, ${(statSync(path).size / 1e6).toFixed(0)} MB`)
  let bans = 0
  for (const [name, options] of [
    ['bans and unbans', { timeZone: 'Europe/Berlin' }],
    ['with attempts', { timeZone: 'Europe/Berlin', attempts: true }],
  ] as const) {
    const runs = []
    for (let run = 0; run < RUNS; run += 1) runs.push(await read(path, options))
    const best = runs.reduce((a, b) => (a.seconds < b.seconds ? a : b))
    bans = best.bans
    print(name, `${rate(best.seconds)}, ${best.counts.events} events, ${best.counts.refused} refused`)
  }
  whole(path, join(folder, 'results.db'))
  peer('grep -c', 'grep', ['-cE', 'fail2ban\\.actions +\\[[0-9]+\\]: NOTICE +\\[[^]]+\\] Ban ', path], bans)
  peer('python, re and strptime', 'python3', ['-c', PYTHON, path], bans)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
