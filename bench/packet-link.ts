/**
 * How fast one or two senders of the packet link are, and one of the AF_XDP link, beside zmap and masscan on the same machine in
 * the same minutes:
 *
 *   sudo node --import tsx bench/packet-link.ts [runs]
 *
 * Two namespaces joined by a veth pair. "sink": the far side drops every packet at once, because it is framed for a
 * hardware address that nobody has; the cost of sending alone. "answered": a real kernel answers 1,048,576 addresses and
 * a receiver's thread counts. TCP SYN to the sink, ICMP echo answered. Medians, three runs unless said otherwise, and ratios to
 * zmap's with as many threads; three runs take about a minute a run. masscan never ends by itself here: it is watched for three
 * seconds in mid-run, and stopped.
 */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { ipv4, parseIpv4 } from '../src/core/ip.ts'
import type { TargetBatch } from '../src/core/target-batch.ts'
import { type KernelLab, startKernelLab } from '../src/lab/namespaces.ts'
import { parseScenario } from '../src/lab/scenario.ts'
import type { LinkSpec } from '../src/link/contract.ts'
import { packetLink } from '../src/link/packet-link.ts'
import { linkKinds } from '../src/link/registry.ts'
import { foldSum, sumBytes } from '../src/wire/checksum.ts'
import { writeIcmpEcho } from '../src/wire/icmp.ts'
import { writeIpv4Header } from '../src/wire/ipv4.ts'
import { writeTcp } from '../src/wire/tcp.ts'
import { outputOf } from './lab-output.ts'

const NETWORK = '10.64.0.0/12'
const ADDRESSES = 1 << 20
const NOBODY = '02:00:00:00:00:99'
const BATCH = 256
const SLOT_BYTES = 64
const RUNS = Number(process.argv[2]) || 3
const SINK_PASSES = 4

interface Result {
  millionPps: number
  cpuNs: number
  answers?: number
  sent: number
}

type Mode = 'sink' | 'answered'

/** The same packet in every slot; what changes per packet are four destination bytes and the sums that cover them. */
const fillTemplates = (memory: Uint8Array, source: number, mode: Mode): number => {
  const length = mode === 'sink' ? 40 : 28
  for (let slot = 0; slot < BATCH; slot += 1) {
    const at = slot * SLOT_BYTES
    const protocol = mode === 'sink' ? 6 : 1
    writeIpv4Header(memory, at, { source, destination: 0, protocol, totalLength: length, ttl: 64 })
    if (mode === 'answered') {
      writeIcmpEcho(memory, at + 20, { type: 8, code: 0, id: 7, sequence: 7, payloadBytes: 0 })
      continue
    }
    const ports = { source, destination: 0, sourcePort: 40000, destinationPort: 80 }
    writeTcp(memory, at + 20, { ...ports, sequence: 1, acknowledgement: 0, flags: 2, window: 65535 })
  }
  return length
}

const makePatch = (memory: Uint8Array, mode: Mode) => {
  const ipSum = ~((memory[10]! << 8) | memory[11]!) & 0xffff
  const tcpSum = ~((memory[36]! << 8) | memory[37]!) & 0xffff
  return (slot: number, destination: number): void => {
    const at = slot * SLOT_BYTES
    memory[at + 16] = destination >>> 24
    memory[at + 17] = destination >>> 16
    memory[at + 18] = destination >>> 8
    memory[at + 19] = destination
    const added = (destination >>> 16) + (destination & 0xffff)
    const ip = ~foldSum(ipSum + added)
    memory[at + 10] = ip >>> 8
    memory[at + 11] = ip
    if (mode === 'answered') return
    const tcp = ~foldSum(tcpSum + added)
    memory[at + 36] = tcp >>> 8
    memory[at + 37] = tcp
  }
}

/** One of several senders, each of which takes an even share of the packets. */
interface Part {
  index: number
  of: number
  /** Called when everything is ready. */
  begin: () => void
}

const WHOLE: Part = { index: 0, of: 1, begin: () => undefined }

const send = async (spec: LinkSpec, mode: Mode, pressure: Int32Array, part: Part = WHOLE): Promise<Result> => {
  const link = linkKinds.get(spec.link).open(spec, { mayBlock: true })
  const transmitter = link.openTransmitter({ slotBytes: SLOT_BYTES, slots: BATCH })
  if (transmitter.note !== undefined) throw new Error(transmitter.note)
  const length = fillTemplates(transmitter.memory, spec.sourceAddress, mode)
  transmitter.lengths.fill(length)
  const patch = makePatch(transmitter.memory, mode)
  const targets = { addresses: new Uint32Array(BATCH), ports: new Uint16Array(BATCH), count: BATCH }
  const total = ADDRESSES * (mode === 'sink' ? SINK_PASSES : 1)
  const base = parseIpv4('10.64.0.0')!
  part.begin()
  const cpu = process.cpuUsage()
  const startUs = link.clock.nowUs()
  for (let done = part.index * BATCH; done < total; done += BATCH * part.of) {
    while (Atomics.load(pressure, 0) === 1) link.clock.sleepUntilUs(link.clock.nowUs() + 200)
    for (let slot = 0; slot < BATCH; slot += 1) {
      // An odd multiplier visits every address once, far apart.
      const destination = ipv4(base + ((Math.imul(done + slot, 0x9e3779b1) >>> 0) & (ADDRESSES - 1)))
      targets.addresses[slot] = destination
      patch(slot, destination)
    }
    transmitter.send(targets as unknown as TargetBatch, BATCH)
  }
  const us = link.clock.nowUs() - startUs
  const { user, system } = process.cpuUsage(cpu)
  const { sent } = transmitter.counters()
  await link.close()
  return { millionPps: sent / us, cpuNs: ((user + system) * 1000) / sent, sent }
}

const receive = async (spec: LinkSpec, state: Int32Array): Promise<number> => {
  const link = packetLink.open(spec, { mayBlock: true })
  const filter = { destinations: [spec.sourceAddress], protocols: ['icmp' as const] }
  const receiver = link.openReceiver({ filter, snapBytes: 96 })
  let sound = 0
  const onPacket = (bytes: Uint8Array, offset: number): void => {
    if (bytes[offset + 20] === 0 && foldSum(sumBytes(bytes, offset + 20, 8)) === 0xffff) sound += 1
  }
  Atomics.store(state, 1, 1)
  Atomics.notify(state, 1)
  while (Atomics.load(state, 2) === 0) {
    receiver.poll(onPacket, 20)
    Atomics.store(state, 0, receiver.underPressure() ? 1 : 0)
  }
  await link.close()
  return sound
}

const startThread = (data: object): Worker => {
  const source = `import { register } from ${JSON.stringify(import.meta.resolve('tsx/esm/api'))};
register(); await import(${JSON.stringify(import.meta.url)});`
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), { workerData: data })
}

const resultOf = <T>(worker: Worker): Promise<T> =>
  new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Several senders that begin together; the CPU time is the whole process's from then on. */
const sendTogether = async (spec: LinkSpec, threads: number, state: Int32Array): Promise<Result> => {
  const senders = Array.from({ length: threads }, (_, index) =>
    resultOf<Result>(startThread({ spec, state, part: { index, of: threads } })),
  )
  while (Atomics.load(state, 1) < threads) await pause(5)
  const cpu = process.cpuUsage()
  const startMs = performance.now()
  Atomics.store(state, 2, 1)
  Atomics.notify(state, 2)
  const sent = (await Promise.all(senders)).reduce((sum, result) => sum + result.sent, 0)
  const us = (performance.now() - startMs) * 1000
  const { user, system } = process.cpuUsage(cpu)
  return { millionPps: sent / us, cpuNs: ((user + system) * 1000) / sent, sent }
}

/** Runs in the lab; prints one line of JSON. */
const inside = async (mode: Mode, link: string, threads: number): Promise<Result> => {
  const target = { sampleTarget: parseIpv4('10.64.0.1')! }
  const spec = await linkKinds
    .get(link)
    .resolve(mode === 'sink' ? { ...target, interfaceName: 'lab0', gatewayMac: NOBODY } : target)
  const state = new Int32Array(new SharedArrayBuffer(16))
  if (mode === 'sink') return threads === 1 ? send(spec, mode, state) : sendTogether(spec, threads, state)
  const answers = resultOf<number>(startThread({ spec, state, part: null }))
  while (Atomics.load(state, 1) === 0) await pause(5)
  const result = await send(spec, mode, state)
  await pause(300)
  Atomics.store(state, 2, 1)
  return { ...result, answers: await answers }
}

const ours = async (lab: KernelLab, mode: Mode, link: string, threads: number): Promise<Result> => {
  const self = fileURLToPath(import.meta.url)
  const output = await outputOf(lab, process.execPath, ['--import', 'tsx', self, 'inside', mode, link, String(threads)])
  return JSON.parse(output.trim().split('\n').at(-1)!) as Result
}

const seconds = (text: string): number => {
  const [minutes, rest] = text.replace('s', '').split('m')
  return Number(minutes) * 60 + Number(rest)
}

/** zmap's own log names the packets it sent and found; the shell's `times` its CPU time, sending and waiting alike. */
const zmap = async (lab: KernelLab, mode: Mode, folder: string, threads: number): Promise<Result> => {
  const gateway = mode === 'sink' ? NOBODY : lab.gatewayMac
  const module = mode === 'sink' ? '-M tcp_synscan -p 80' : '-M icmp_echoscan'
  const common = `-C /dev/null -b ${folder}/none -i lab0 -S 10.99.0.1 -G ${gateway} -r 100000000 -T ${threads} -c 1 -s 40000`
  const probes = mode === 'sink' ? `-P ${SINK_PASSES}` : ''
  const command = `zmap ${module} ${common} ${probes} -o ${folder}/found -v 4 -q ${NETWORK} 2> ${folder}/log; times`
  const rows = (await outputOf(lab, 'sh', ['-c', `${command}; wc -l < ${folder}/found; cat ${folder}/log`])).split('\n')
  const [user = '0m0s', system = '0m0s'] = (rows[1] ?? '').split(' ')
  const log = rows.join('\n')
  /** When a line that says so was written; the last of several. */
  const clock = (text: string): number => {
    const match = [...log.matchAll(new RegExp(`^\\w+ \\d+ (\\d+):(\\d+):([\\d.]+).*${text}`, 'gm'))].at(-1)
    return match === undefined ? Number.NaN : Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3])
  }
  const sent = ADDRESSES * (mode === 'sink' ? SINK_PASSES : 1)
  const took = clock('send: thread \\d+ finished') - clock('zmap: \\d+ sender threads spawned')
  return {
    millionPps: sent / took / 1e6,
    cpuNs: ((seconds(user) + seconds(system)) * 1e9) / sent,
    sent,
    answers: mode === 'sink' ? 0 : Number(rows[2]),
  }
}

/** Seconds, packets that left and CPU seconds of a program, of three seconds in mid-run. */
const WATCH = `
import os, subprocess, sys, time
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
def look():
    fields = open('/proc/%d/stat' % child.pid).read().rsplit(')', 1)[1].split()
    line = next(line for line in open('/proc/net/dev') if line.strip().startswith('lab0:'))
    return time.monotonic(), int(line.split(':')[1].split()[9]), (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')
time.sleep(2)
first = look()
time.sleep(3)
last = look()
child.kill()
child.wait()
print(*[b - a for a, b in zip(first, last)])
`

const masscan = async (lab: KernelLab): Promise<Result> => {
  const words = ['masscan', NETWORK, '-p1-100', '--rate', '100000000', '--adapter', 'lab0', '--adapter-ip', '10.99.0.1']
  const text = await outputOf(lab, 'python3', ['-c', WATCH, ...words, '--router-mac', NOBODY])
  const [took = 0, sent = 0, cpuS = 0] = text.trim().split(' ').map(Number)
  return { millionPps: sent / took / 1e6, cpuNs: (cpuS * 1e9) / sent, sent }
}

const median = (results: readonly Result[]): Result =>
  [...results].sort((a, b) => a.millionPps - b.millionPps)[Math.floor(results.length / 2)]!

const report = (name: string, { millionPps, cpuNs, sent, answers = 0 }: Result, peer: Result | null): void => {
  const found = answers > 0 ? `, ${answers} answers (${((100 * answers) / sent).toFixed(2)} %)` : ''
  const [speed, cpu] = peer === null ? [0, 0] : [millionPps / peer.millionPps, cpuNs / peer.cpuNs]
  const ratios = peer === null ? '' : `; ${speed.toFixed(2)}× the packets a second, ${cpu.toFixed(2)}× the CPU of zmap`
  process.stdout.write(
    `${name.padEnd(26)} ${millionPps.toFixed(2)} Mpps, ${cpuNs.toFixed(0)} ns CPU/packet${found}${ratios}\n`,
  )
}

const main = async (): Promise<void> => {
  const vantage = { address: '10.99.0.1' }
  const lab = await startKernelLab(
    parseScenario({ name: 'bench', seed: '1', vantage, networks: [{ prefix: NETWORK }] }, 'bench'),
  )
  const folder = mkdtempSync(join(tmpdir(), 'interplot-bench-'))
  writeFileSync(join(folder, 'none'), '')
  const installed = (command: string): boolean => spawnSync(command, ['--version']).error === undefined
  const [hasZmap, hasMasscan] = [installed('zmap'), installed('masscan')]
  try {
    for (const mode of ['sink', 'answered'] as const) {
      const peers = hasZmap ? [1, 2] : []
      const contenders = [
        ...peers.map((threads) => ({
          name: `zmap -T ${threads}`,
          threads,
          run: () => zmap(lab, mode, folder, threads),
        })),
        { name: 'packet link', threads: 1, run: () => ours(lab, mode, 'packet', 1) },
        ...(mode === 'answered'
          ? []
          : [{ name: 'packet link, 2 senders', threads: 2, run: () => ours(lab, mode, 'packet', 2) }]),
        { name: 'af-xdp link', threads: 1, run: () => ours(lab, mode, 'af-xdp', 1) },
        ...(hasMasscan && mode === 'sink' ? [{ name: 'masscan', threads: 1, run: () => masscan(lab) }] : []),
      ]
      const results = contenders.map((): Result[] => [])
      for (let run = 0; run < RUNS; run += 1) {
        for (const [i, contender] of contenders.entries()) results[i]!.push(await contender.run())
      }
      for (const [i, { name, threads }] of contenders.entries()) {
        const peer = hasZmap ? median(results[threads - 1]!) : null
        report(`${name}, ${mode}`, median(results[i]!), peer)
      }
    }
  } finally {
    rmSync(folder, { recursive: true })
    await lab.stop()
  }
}

if (!isMainThread) {
  const { spec, state, part } = workerData as {
    spec: LinkSpec
    state: Int32Array
    part: Omit<Part, 'begin'> | null
  }
  const begin = (): void => {
    Atomics.add(state, 1, 1)
    Atomics.wait(state, 2, 0)
  }
  const result = part === null ? await receive(spec, state) : await send(spec, 'sink', state, { ...part, begin })
  parentPort?.postMessage(result)
} else if (process.argv[2] === 'inside') {
  process.stdout.write(
    `${JSON.stringify(await inside(process.argv[3] as Mode, process.argv[4]!, Number(process.argv[5])))}\n`,
  )
  process.exit(0)
} else {
  await main()
}
