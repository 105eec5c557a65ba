/**
 * How many probes a second the simulated link and the in-process Internet carry on one core: 2,000,000 TCP SYNs to a
 * network where one address in ten is a host. Run: npx tsx bench/sim-link.ts
 */

import { ipv4, parseIpv4 } from '../src/core/ip.ts'
import { makeInternet } from '../src/lab/internet.ts'
import { parseScenario } from '../src/lab/scenario.ts'
import { simLinkKind } from '../src/link/sim-link.ts'
import { writeUint16, writeUint32 } from '../src/wire/bytes.ts'
import { updateChecksum } from '../src/wire/checksum.ts'
import { IPV4_HEADER_BYTES, IPV4_OFFSET } from '../src/wire/ipv4.ts'
import { TCP_OFFSET } from '../src/wire/tcp.ts'
import { tcpProbe } from '../test/link/probes.ts'
import { batchOf } from '../test/link/target-batch.ts'

const PROBES = 2_000_000
const BATCH = 64
const SLOT_BYTES = 64
const FIRST = ipv4(parseIpv4('240.0.0.0') ?? 0)
const SOURCE = ipv4(parseIpv4('251.0.0.1') ?? 0)

const router = (index: number): { name: string; address: string; delayMs: number } => ({
  name: `r${index}`,
  address: `250.0.0.${index}`,
  delayMs: 5,
})
const routers = Array.from({ length: 10 }, (_, index) => router(index + 1))
const scenario = parseScenario(
  {
    name: 'bench',
    seed: 'bench',
    vantage: { address: '251.0.0.1' },
    routers,
    networks: [
      { prefix: '240.0.0.0/10', density: 0.1, tcp: { 80: 'open' }, path: routers.map(({ name }) => name), jitterMs: 5 },
    ],
  },
  'bench',
)

const internet = makeInternet(scenario)
const kind = simLinkKind(internet, { sourceAddress: SOURCE })
const link = kind.open(await kind.resolve({}), { mayBlock: true })
const receiver = link.openReceiver({ filter: { destinations: [SOURCE], protocols: ['tcp'] }, snapBytes: 96 })
const transmitter = link.openTransmitter({ slotBytes: SLOT_BYTES, slots: BATCH })
const template = tcpProbe({ source: SOURCE, destination: FIRST }, { sourcePort: 40_000, destinationPort: 80 })
for (let slot = 0; slot < BATCH; slot += 1) {
  transmitter.memory.set(template, slot * SLOT_BYTES)
  transmitter.lengths[slot] = template.length
}

/** Writes the destination into a slot and corrects both checksums. */
const address = (slot: number, destination: number): void => {
  const at = slot * SLOT_BYTES
  const { memory } = transmitter
  writeUint32(memory, at + IPV4_OFFSET.destination, destination)
  for (const field of [IPV4_OFFSET.checksum, IPV4_HEADER_BYTES + TCP_OFFSET.checksum]) {
    const before = (template[field]! << 8) | template[field + 1]!
    const high = updateChecksum(before, FIRST >>> 16, destination >>> 16)
    writeUint16(memory, at + field, updateChecksum(high, FIRST & 0xffff, destination & 0xffff))
  }
}

let answers = 0
const startMs = performance.now()
const targets = batchOf(new Array<number>(BATCH).fill(0))
for (let sent = 0; sent < PROBES; sent += BATCH) {
  for (let slot = 0; slot < BATCH; slot += 1) {
    const destination = FIRST + sent + slot
    targets.addresses[slot] = destination
    address(slot, destination)
  }
  await transmitter.send(targets, BATCH)
  link.clock.sleepUntilUs(link.clock.nowUs() + BATCH)
  answers += await receiver.poll(() => undefined, 0)
}
for (let more = 1; more > 0; answers += more) more = await receiver.poll(() => undefined, 1000)
const seconds = (performance.now() - startMs) / 1000
process.stdout.write(
  `${PROBES} probes, ${answers} answers in ${seconds.toFixed(2)} s: ${Math.round(PROBES / seconds)} probes/s\n`,
)
