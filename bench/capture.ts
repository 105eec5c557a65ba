/**
 * How fast a live capture is, beside tcpdump on the same machine in the same minutes:
 *
 *   npm run build && sudo node --import tsx bench/capture.ts [handler] [runs]        flows 3
 *
 * UDP in frames of 60 bytes (64 with the check sequence of a real wire) in 10,000 flows, made by the kernel for the XDP link, over
 * a veth pair between two namespaces without a way out. On a veth the sending processor does the receiving end's work, too, the
 * copying into the ring included: sender and receiver have one each. The far end drops each packet behind the capture, at its
 * ingress hook. "bound" is 4,000,000 packets as fast as they go, "steady" 500,000 a second for ten seconds. Every program gets
 * 64 MiB and keeps 96 bytes of a packet. Processor time is the receiving process's alone, from ready to its last packet; a second of it
 * divided by that of one packet is what one processor could take. Medians; about a minute and a half a run.
 */

import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startWirePair, type WirePair } from '../test/lab-root/wire-pair.ts'

const HANDLER = process.argv[2] ?? 'flows'
const RUNS = Number(process.argv[3]) || 3
/** Each an address of its own, from and to the same ports. */
const FLOWS = 10_000
const SOURCE_PORT = 40_000
const SENDER_CORE = '0'
const RECEIVER_CORE = '1'
/** What a program uses in 300 ms that has nothing to do but wake up. */
const IDLE_NS = 20e6
const LOADS = [
  { name: 'bound', packets: 4_000_000 },
  { name: 'steady', packets: 5_000_000, ratePps: 500_000 },
] as const
type Load = (typeof LOADS)[number]

interface Result {
  /** As they arrived. */
  ratePps: number
  captured: number
  dropped: number
  /** A packet that was captured. */
  cpuNs: number
}

interface Receiver {
  name: string
  command: readonly string[]
  /** On its standard error, when it is ready. */
  ready: string
  /** Has it end. */
  end: 'input' | 'interrupt'
  counts(output: string, errors: string): { captured: number; dropped: number }
}

const fileOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** The program with everything that it does by itself, a results file included. */
const DATABASE = join(tmpdir(), 'interplot-bench-capture.db')
const WATCH = ['watch', '-i', 'far0', '--everything', '--db', DATABASE]
const PROGRAM = fileOf('../dist/bin/interplot.js')

const numberBefore = (text: string, words: string): number =>
  Number((new RegExp(`([\\d,]+)${words}`).exec(text)?.[1] ?? '0').replaceAll(',', ''))

const tcpdumpCounts = (_output: string, errors: string): { captured: number; dropped: number } => ({
  captured: Number(/(\d+) packets captured/.exec(errors)?.[1]),
  dropped: Number(/(\d+) packets dropped by kernel/.exec(errors)?.[1]),
})
const TCPDUMP = ['taskset', '-c', RECEIVER_CORE, 'tcpdump', '-i', 'far0', '-s', '96', '-B', '65536', '-Z', 'root']

const RECEIVERS: readonly Receiver[] = [
  {
    name: `interplot, handler "${HANDLER}"`,
    command: [process.execPath, '--import', 'tsx', fileOf('capture-receiver.ts'), 'far0', RECEIVER_CORE, HANDLER],
    ready: 'ready',
    end: 'input',
    counts(output) {
      const { received, otherProtocols, droppedByKernel } = JSON.parse(output) as Record<string, number>
      return { captured: received! + otherProtocols!, dropped: droppedByKernel! }
    },
  },
  {
    name: 'interplot watch, whole',
    command: ['taskset', '-c', RECEIVER_CORE, process.execPath, PROGRAM, ...WATCH],
    ready: 'Watching',
    end: 'interrupt',
    counts: (_output, errors) => ({
      captured: numberBefore(errors, ' packets?, '),
      dropped: numberBefore(errors, ' packets had no room'),
    }),
  },
  {
    name: 'tcpdump -w /dev/null',
    command: [...TCPDUMP, '-w', '/dev/null'],
    ready: 'listening on',
    end: 'interrupt',
    counts: tcpdumpCounts,
  },
  {
    name: 'tcpdump -nn > /dev/null',
    command: ['sh', '-c', `exec ${TCPDUMP.join(' ')} -nn > /dev/null`],
    ready: 'listening on',
    end: 'interrupt',
    counts: tcpdumpCounts,
  },
]

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Processor time of all its threads, to the nanosecond: the first number of each one's schedstat. */
const cpuNsOf = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`).reduce((sum, task) => {
    const [ran = '0'] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')
    return sum + Number(ran)
  }, 0)

/** Until it has used no more processor time for a while: what is in the ring has been read. */
const untilIdle = async (pid: number): Promise<void> => {
  let lastNs = Number.NEGATIVE_INFINITY
  for (let nowNs = cpuNsOf(pid); nowNs - lastNs > IDLE_NS; nowNs = cpuNsOf(pid)) {
    lastNs = nowNs
    await pause(300)
  }
}

const send = (pair: WirePair, { packets, ...rate }: Load): { seconds: number; sent: number } => {
  const options = {
    link: 'xdp',
    module: 'udp',
    ports: [53],
    addresses: FLOWS,
    sourcePort: SOURCE_PORT,
    copies: packets / FLOWS,
    ...rate,
  }
  const prefix = ['taskset', '-c', SENDER_CORE]
  const said = JSON.parse(pair.run('near', 'xdp-agent.ts', ['send', JSON.stringify(options)], prefix)) as Record<
    string,
    number
  >
  if (said['reason'] !== null) throw new Error(`the kernel does not make the packets: ${JSON.stringify(said)}`)
  const [seconds, sent] = [said['seconds']!, said['sent']!]
  if ('ratePps' in rate && sent / seconds < rate.ratePps * 0.95) {
    process.stdout.write(`only ${(sent / seconds).toFixed(0)} packets a second were sent: the machine is busy\n`)
  }
  return { seconds, sent }
}

const measure = async (pair: WirePair, receiver: Receiver, load: Load): Promise<Result> => {
  const [command, ...args] = [...pair.enter('far'), ...receiver.command]
  const child = spawn(command!, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  let output = ''
  let errors = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString()
      if (errors.includes(receiver.ready)) resolve()
    })
    child.once('close', () => reject(new Error(`${receiver.name} does not start: ${errors}`)))
  })
  await untilIdle(child.pid!)
  const before = cpuNsOf(child.pid!)
  const { seconds, sent } = send(pair, load)
  await untilIdle(child.pid!)
  const used = cpuNsOf(child.pid!) - before
  if (receiver.end === 'input') child.stdin.end()
  else child.kill('SIGINT')
  await ended
  const { captured, dropped } = receiver.counts(output, errors)
  if (captured + dropped < sent * 0.999)
    process.stdout.write(`of ${sent} packets ${captured + dropped} are accounted for\n`)
  return { ratePps: sent / seconds, captured, dropped, cpuNs: used / captured }
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!

const INGRESS_SINK = `nft -f - <<'RULES'
table netdev sink { chain in { type filter hook ingress device far0 priority 0; policy drop; }; }
RULES`

const pair = await startWirePair({ receiveOffload: true })
try {
  await pair.script('far', INGRESS_SINK)
  for (const load of LOADS) {
    const costs: number[] = []
    const results = RECEIVERS.map((): Result[] => [])
    for (let run = 0; run < RUNS; run += 1) {
      for (const [index, receiver] of RECEIVERS.entries()) results[index]!.push(await measure(pair, receiver, load))
    }
    for (const [index, { name }] of RECEIVERS.entries()) {
      const of = (field: keyof Result): number => median(results[index]!.map((result) => result[field]))
      const drops = results[index]!.map(({ dropped }) => dropped).join(', ')
      costs.push(of('cpuNs'))
      process.stdout.write(
        `${load.name.padEnd(7)} ${name.padEnd(28)} ${(of('ratePps') / 1e6).toFixed(2)} million/s sent, ${of('captured')} captured, ` +
          `dropped ${drops}; ${of('cpuNs').toFixed(0)} ns CPU/packet = ${(1e3 / of('cpuNs')).toFixed(2)} million/s a core\n`,
      )
    }
    const [own, ...theirs] = costs
    for (const [index, cost] of theirs.entries()) {
      process.stdout.write(`${load.name}: ${(own! / cost).toFixed(2)} x the CPU of ${RECEIVERS[index + 1]!.name}\n`)
    }
  }
} finally {
  for (const end of ['', '-wal', '-shm']) rmSync(`${DATABASE}${end}`, { force: true })
  await pair.stop()
}
