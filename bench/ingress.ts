/**
 * Whether an XDP program on ingress would pay (docs/decisions/0009-no-ingress-program.md):
 *
 *   npm run build && sudo node --import tsx bench/ingress.ts
 *
 * "flood": a million UDP packets that no filter lets through, sent as fast as one sender can, to an end with nothing, with a receive
 * ring, and with a ring and an XDP program that drops all. "answered": a whole ICMP scan of 524,288 addresses, with and without a
 * program that passes everything. On a veth the sender does the receiving end's work: processor time is its process's and the
 * kernel's softirq threads', a packet or target. Medians of three; about a minute.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startWirePair, type WirePair } from '../test/lab-root/wire-pair.ts'

const PROGRAM = fileURLToPath(new URL('../dist/bin/interplot.js', import.meta.url))
const RUNS = 3
const TICKS_A_SECOND = 100
const FLOOD = { link: 'packet', module: 'udp', ports: [53], addresses: 1 << 20 }
const ANSWERED = { prefix: '10.64.0.0/13', addresses: 1 << 19 }
/** Runs a command; prints its seconds of processor time. */
const MEASURE = `
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime)
`

const softirqThreads = readdirSync('/proc').filter(
  (name) => /^\d+$/.test(name) && readFileSync(`/proc/${name}/comm`, 'utf8').startsWith('ksoftirqd'),
)

/** Seconds of processor time of the kernel's softirq threads. */
const softirqS = (): number => {
  let ticks = 0
  for (const id of softirqThreads) {
    const fields = readFileSync(`/proc/${id}/stat`, 'utf8').split(') ')[1]!.split(' ')
    ticks += Number(fields[11]) + Number(fields[12])
  }
  return ticks / TICKS_A_SECOND
}

const nsEach = (packets: number, work: () => number): number => {
  const before = softirqS()
  const seconds = work()
  return ((seconds + softirqS() - before) * 1e9) / packets
}

const flood = (pair: WirePair): number =>
  nsEach(FLOOD.addresses, () => {
    const said = JSON.parse(pair.run('near', 'xdp-agent.ts', ['send', JSON.stringify(FLOOD)])) as Record<string, number>
    return said['cpuSeconds']!
  })

const answered = (pair: WirePair): number =>
  nsEach(ANSWERED.addresses, () => {
    const scan = ['scan', ANSWERED.prefix, '--allow-special', '10.0.0.0/8', '-r', '100M', '-T', '1', '-c', '1', '-q']
    const words = ['python3', '-c', MEASURE, process.execPath, PROGRAM, ...scan, '--no-db', '--link', 'packet']
    const { output, errors } = pair.command('near', words)
    if (output === '') throw new Error(errors)
    return Number(output)
  })

const CASES = [
  { name: 'flood, nobody listens', run: flood },
  { name: 'flood, receive ring with its filter', run: flood, ring: true },
  { name: 'flood, the same behind a program that drops all', run: flood, ring: true, program: ['far0', 'drop'] },
  { name: 'answered scan, no program', run: answered },
  { name: 'answered scan, a program that passes all', run: answered, program: ['near0', 'pass'] },
] as const

const pair = await startWirePair({ receiveOffload: false })
try {
  for (const one of CASES) {
    if (one.run === answered) {
      const open = 'for each in limit mask; do echo 0 > /proc/sys/net/ipv4/icmp_rate$each; done'
      await pair.script('far', `ip route replace local 10.64.0.0/12 dev lo; ${open}`)
    }
    const results: number[] = []
    for (let run = 0; run < RUNS; run += 1) {
      const ring =
        'ring' in one ? await pair.start('far', '../../bench/arrival-counter.ts', ['10.77.0.1', '10.64.0.0']) : null
      const end = 'program' in one && one.program[0] === 'near0' ? 'near' : 'far'
      const program = 'program' in one ? await pair.start(end, 'xdp-sink.ts', one.program) : null
      results.push(one.run(pair))
      await program?.finish()
      await ring?.finish()
    }
    const [least, median, most] = results.sort((a, b) => a - b).map((ns) => ns.toFixed(0))
    process.stdout.write(`${one.name.padEnd(50)} ${median} ns (${least} to ${most})\n`)
  }
} finally {
  await pair.stop()
}
