/**
 * How fast one sender of the packet link is, and of the AF_XDP link, beside zmap on the same machine in the same minute:
 *
 *   sudo node --import tsx bench/packet-link.ts
 *
 * Two namespaces joined by a veth pair. "sink": the far side drops every packet at once, because it is framed for a
 * hardware address that nobody has; the cost of sending alone. "answered": a real kernel answers 1,048,576 addresses and
 * a receiver's thread counts. TCP SYN to the sink, ICMP echo answered. Medians of three; every run is a few seconds.
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
const RUNS = 3
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

const send = async (spec: LinkSpec, mode: Mode, pressure: Int32Array): Promise<Result> => {
  const link = linkKinds.get(spec.link).open(spec, { mayBlock: true })
  const transmitter = link.openTransmitter({ slotBytes: SLOT_BYTES, slots: BATCH })
  if (transmitter.note !== undefined) throw new Error(transmitter.note)
  const length = fillTemplates(transmitter.memory, spec.sourceAddress, mode)
  transmitter.lengths.fill(length)
  const patch = makePatch(transmitter.memory, mode)
  const targets = { addresses: new Uint32Array(BATCH), ports: new Uint16Array(BATCH), count: BATCH }
  const total = ADDRESSES * (mode === 'sink' ? SINK_PASSES : 1)
  const base = parseIpv4('10.64.0.0')!
  const cpu = process.cpuUsage()
  const startUs = link.clock.nowUs()
  for (let done = 0; done < total; done += BATCH) {
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

/** Runs in the lab; prints one line of JSON. */
const inside = async (mode: Mode, link: string): Promise<Result> => {
  const target = { sampleTarget: parseIpv4('10.64.0.1')! }
  const spec = await linkKinds
    .get(link)
    .resolve(mode === 'sink' ? { ...target, interfaceName: 'lab0', gatewayMac: NOBODY } : target)
  const state = new Int32Array(new SharedArrayBuffer(16))
  if (mode === 'sink') return send(spec, mode, state)
  const source = `import { register } from ${JSON.stringify(import.meta.resolve('tsx/esm/api'))};
register(); await import(${JSON.stringify(import.meta.url)});`
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
    workerData: { spec, state },
  })
  const answers = new Promise<number>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  while (Atomics.load(state, 1) === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  const result = await send(spec, mode, state)
  await new Promise((resolve) => setTimeout(resolve, 300))
  Atomics.store(state, 2, 1)
  return { ...result, answers: await answers }
}

const ours = async (lab: KernelLab, mode: Mode, link: string): Promise<Result> => {
  const self = fileURLToPath(import.meta.url)
  const output = await outputOf(lab, process.execPath, ['--import', 'tsx', self, 'inside', mode, link])
  return JSON.parse(output.trim().split('\n').at(-1)!) as Result
}

const seconds = (text: string): number => {
  const [minutes, rest] = text.replace('s', '').split('m')
  return Number(minutes) * 60 + Number(rest)
}

/** zmap's own log names the packets it sent and found; the shell's `times` its CPU time, sending and waiting alike. */
const zmap = async (lab: KernelLab, mode: Mode, folder: string): Promise<Result> => {
  const gateway = mode === 'sink' ? NOBODY : lab.gatewayMac
  const module = mode === 'sink' ? '-M tcp_synscan -p 80' : '-M icmp_echoscan'
  const common = `-C /dev/null -b ${folder}/none -i lab0 -S 10.99.0.1 -G ${gateway} -r 100000000 -T 1 -c 1 -s 40000`
  const probes = mode === 'sink' ? `-P ${SINK_PASSES}` : ''
  const command = `zmap ${module} ${common} ${probes} -o ${folder}/found -v 4 -q ${NETWORK} 2> ${folder}/log; times`
  const rows = (await outputOf(lab, 'sh', ['-c', `${command}; wc -l < ${folder}/found; cat ${folder}/log`])).split('\n')
  const [user = '0m0s', system = '0m0s'] = (rows[1] ?? '').split(' ')
  const log = rows.join('\n')
  const clock = (text: string): number => {
    const match = new RegExp(`^\\w+ \\d+ (\\d+):(\\d+):([\\d.]+).*${text}`, 'm').exec(log)
    return match === null ? Number.NaN : Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3])
  }
  const sent = ADDRESSES * (mode === 'sink' ? SINK_PASSES : 1)
  const took = clock('send: thread 0 finished') - clock('zmap: 1 sender threads spawned')
  return {
    millionPps: sent / took / 1e6,
    cpuNs: ((seconds(user) + seconds(system)) * 1e9) / sent,
    sent,
    answers: mode === 'sink' ? 0 : Number(rows[2]),
  }
}

const median = (results: readonly Result[]): Result =>
  [...results].sort((a, b) => a.millionPps - b.millionPps)[Math.floor(results.length / 2)]!

const report = (name: string, { millionPps, cpuNs, sent, answers = 0 }: Result): void => {
  const found = answers > 0 ? `, ${answers} answers (${((100 * answers) / sent).toFixed(2)} %)` : ''
  process.stdout.write(`${name.padEnd(24)} ${millionPps.toFixed(2)} Mpps, ${cpuNs.toFixed(0)} ns CPU/packet${found}\n`)
}

const main = async (): Promise<void> => {
  const vantage = { address: '10.99.0.1' }
  const lab = await startKernelLab(
    parseScenario({ name: 'bench', seed: '1', vantage, networks: [{ prefix: NETWORK }] }, 'bench'),
  )
  const folder = mkdtempSync(join(tmpdir(), 'interplot-bench-'))
  writeFileSync(join(folder, 'none'), '')
  const hasZmap = spawnSync('zmap', ['--version']).error === undefined
  try {
    for (const mode of ['sink', 'answered'] as const) {
      const own: Result[] = []
      const afXdp: Result[] = []
      const theirs: Result[] = []
      for (let run = 0; run < RUNS; run += 1) {
        own.push(await ours(lab, mode, 'packet'))
        afXdp.push(await ours(lab, mode, 'af-xdp'))
        if (hasZmap) theirs.push(await zmap(lab, mode, folder))
      }
      report(`packet link, ${mode}`, median(own))
      report(`af-xdp link, ${mode}`, median(afXdp))
      if (hasZmap) report(`zmap -T 1, ${mode}`, median(theirs))
    }
  } finally {
    rmSync(folder, { recursive: true })
    await lab.stop()
  }
}

if (!isMainThread) {
  const { spec, state } = workerData as { spec: LinkSpec; state: Int32Array }
  parentPort?.postMessage(await receive(spec, state))
} else if (process.argv[2] === 'inside') {
  process.stdout.write(`${JSON.stringify(await inside(process.argv[3] as Mode, process.argv[4]!))}\n`)
  process.exit(0)
} else {
  await main()
}
