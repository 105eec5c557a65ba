/**
 * How fast the kernel makes probes for the XDP link, beside zmap's one sending thread on the same machine in the same minute:
 *
 *   sudo node --import tsx bench/xdp-link.ts
 *
 * TCP SYN, 4.2 million packets a run, two namespaces joined by a veth pair. Two sinks. "driver": the far end drops in its
 * driver by an XDP program, so that sending is all that is measured; "ingress": the far end's kernel takes each packet in and
 * drops it at its ingress hook, and because a veth has no wire, most of that is done and paid for by the sending processor.
 * A sink costs zmap's packets and ours differently, so both are measured with both. Packets are counted at the far end; CPU
 * time is the sending process's, the kernel's share included. Medians of three.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NETWORK, startWirePair, type WirePair } from '../test/lab-root/wire-pair.ts'

const ADDRESSES = 1 << 20
const COPIES = 4
const PACKETS = ADDRESSES * COPIES
const RUNS = 3
const GATEWAY_MAC = '02:00:00:00:00:0b'
const SINKS = ['driver', 'ingress'] as const
type Sink = (typeof SINKS)[number]

interface Result {
  millionPps: number
  cpuNs: number
}

/** Packets that the far end's interface has taken in: the second number of its line. */
const arrived = (pair: WirePair): number => {
  const { output } = pair.command('far', ['cat', '/proc/net/dev'])
  return Number(/far0:\s*\d+\s+(\d+)/.exec(output)?.[1])
}

const INGRESS_SINK = `nft -f - <<'RULES'
table netdev sink { chain in { type filter hook ingress device far0 priority 0; policy drop; }; }
RULES`

const within = async (pair: WirePair, sink: Sink, work: () => Result): Promise<Result> => {
  let result: Result = { millionPps: 0, cpuNs: 0 }
  const run = (): void => {
    result = work()
  }
  if (sink === 'driver') {
    await pair.sink(run)
    return result
  }
  await pair.script('far', INGRESS_SINK)
  run()
  await pair.script('far', 'nft delete table netdev sink')
  return result
}

const ours = (pair: WirePair): Result => {
  const options = { link: 'xdp', module: 'tcp-syn', ports: [80], addresses: ADDRESSES, copies: COPIES }
  const said = JSON.parse(pair.run('near', 'xdp-agent.ts', ['send', JSON.stringify(options)])) as Record<string, number>
  if (said['reason'] !== null) throw new Error(`the generator did not work: ${said['reason']}`)
  return { millionPps: PACKETS / said['seconds']! / 1e6, cpuNs: (said['cpuSeconds']! * 1e9) / PACKETS }
}

const seconds = (text: string): number => {
  const [minutes, rest] = text.replace('s', '').split('m')
  return Number(minutes) * 60 + Number(rest)
}

/** zmap's log says when its sender began and ended; the shell's `times` the CPU time of sending and waiting alike. */
const zmap = (pair: WirePair, folder: string): Result => {
  const common = `-C /dev/null -b ${folder}/none -i near0 -S 10.77.0.1 -G ${GATEWAY_MAC} -r 100000000 -T 1 -c 1 -s 40000`
  const line = `zmap -M tcp_synscan -p 80 ${common} -P ${COPIES} -o ${folder}/found -v 4 -q ${NETWORK} 2> ${folder}/log; times; cat ${folder}/log`
  const { output, errors } = pair.command('near', ['sh', '-c', line])
  const [user = '', system = ''] = (output.split('\n')[1] ?? '').split(' ')
  const clock = (text: string): number => {
    const match = new RegExp(`^\\w+ \\d+ (\\d+):(\\d+):([\\d.]+).*${text}`, 'm').exec(output)
    if (match === null) throw new Error(`zmap said "${output}" and "${errors}"`)
    return Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3])
  }
  const took = clock('send: thread 0 finished') - clock('zmap: 1 sender threads spawned')
  return { millionPps: PACKETS / took / 1e6, cpuNs: ((seconds(user) + seconds(system)) * 1e9) / PACKETS }
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!

const medians = (results: readonly Result[]): Result => ({
  millionPps: median(results.map(({ millionPps }) => millionPps)),
  cpuNs: median(results.map(({ cpuNs }) => cpuNs)),
})

const report = (name: string, { millionPps, cpuNs }: Result): void => {
  process.stdout.write(`${name.padEnd(28)} ${millionPps.toFixed(2)} Mpps, ${cpuNs.toFixed(0)} ns CPU/packet\n`)
}

const compare = (name: string, own: Result, theirs: Result): void => {
  const speed = (own.millionPps / theirs.millionPps).toFixed(2)
  process.stdout.write(`${name}: ${speed} x the packets a second, ${(own.cpuNs / theirs.cpuNs).toFixed(2)} x the CPU\n`)
}

const folder = mkdtempSync(join(tmpdir(), 'interplot-bench-'))
writeFileSync(join(folder, 'none'), '')
// GRO on for ours, off for zmap: what each does best with, where the sink leaves the choice.
const pairs = {
  ours: await startWirePair({ receiveOffload: true }),
  zmap: await startWirePair({ receiveOffload: false }),
}
const counted = async (pair: WirePair, sink: Sink, work: () => Result): Promise<Result> => {
  const before = arrived(pair)
  const result = await within(pair, sink, work)
  const share = (arrived(pair) - before) / PACKETS
  if (share < 0.999) process.stdout.write(`only ${(share * 100).toFixed(2)} % arrived\n`)
  return { millionPps: result.millionPps * share, cpuNs: result.cpuNs / share }
}
try {
  const found = { ours: new Map<Sink, Result>(), zmap: new Map<Sink, Result>() }
  for (const sink of SINKS) {
    const results: { ours: Result[]; zmap: Result[] } = { ours: [], zmap: [] }
    for (let run = 0; run < RUNS; run += 1) {
      results.ours.push(await counted(pairs.ours, sink, () => ours(pairs.ours)))
      results.zmap.push(await counted(pairs.zmap, sink, () => zmap(pairs.zmap, folder)))
    }
    for (const who of ['ours', 'zmap'] as const) {
      found[who].set(sink, medians(results[who]))
      report(`${who === 'ours' ? 'interplot --link xdp' : 'zmap -T 1'}, ${sink}`, found[who].get(sink)!)
    }
  }
  for (const sink of SINKS) compare(`same sink (${sink})`, found.ours.get(sink)!, found.zmap.get(sink)!)
  compare('each with its cheaper sink', found.ours.get('driver')!, found.zmap.get('ingress')!)
} finally {
  rmSync(folder, { recursive: true })
  await pairs.ours.stop()
  await pairs.zmap.stop()
}
