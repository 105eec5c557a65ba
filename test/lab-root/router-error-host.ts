/**
 * A router whose kernel drops what goes to a target sends errors about it that no kernel would: again and again until its
 * standard input ends, NEAR's address, the target's, and what is said: `labels` (MPLS labels behind the quotation), `broken`
 * (the same with a wrong checksum), `short` (no more than the ports quoted), `foreign` (another port quoted).
 */

import { formatIp, isIpv4, parseIp } from '../../src/core/ip.ts'
import { errorPacket, extendedErrorPacket } from '../../src/link/rebuilt-packet.ts'
import { linkKinds } from '../../src/link/registry.ts'
import { writeUint16, writeUint32 } from '../../src/wire/bytes.ts'
import { checksum } from '../../src/wire/checksum.ts'
import { udpProbe } from '../link/probes.ts'
import { udpProbe6 } from '../link/probes6.ts'
import { batchOf, batchOf6 } from '../link/target-batch.ts'

const LABEL = 299_792
const SLOT_BYTES = 512
const PERIOD_MS = 100

const labelStack = (sound: boolean): Uint8Array => {
  const bytes = Uint8Array.of(0x20, 0, 0, 0, 0, 8, 1, 1, 0, 0, 0, 0)
  writeUint32(bytes, 8, LABEL * 4096 + 0x101)
  writeUint16(bytes, 2, checksum(bytes, 0, bytes.length) ^ (sound ? 0 : 1))
  return bytes
}

const [near = '', target = '', what = ''] = process.argv.slice(2)
const [source, destination] = [parseIp(near)!, parseIp(target)!]
const ports = [what === 'foreign' ? 40_999 : 40_000, 33_434] as const
const payload = new Uint8Array(12).fill(64)
const probe =
  isIpv4(source) && isIpv4(destination)
    ? udpProbe({ source, destination, ttl: 1 }, ...ports, payload)
    : udpProbe6({ source: BigInt(source), destination: BigInt(destination), hopLimit: 1 }, ...ports, payload)
const kind = linkKinds.get('packet')
const spec = await kind.resolve(isIpv4(source) ? { sampleTarget: source } : { sampleTarget6: source })
const link = kind.open(spec, { mayBlock: false })
const transmitter = link.openTransmitter({ slotBytes: SLOT_BYTES, slots: 1 })
const own = spec.sourceAddress6 ?? spec.sourceAddress
const facts = { source: own, destination: source, ttl: 64, type: isIpv4(source) ? 11 : 3, code: 0, rest: 0 }
const packet =
  what === 'labels' || what === 'broken'
    ? extendedErrorPacket(facts, probe, labelStack(what === 'labels'))
    : errorPacket(facts, what === 'short' ? probe.subarray(0, probe.length - payload.length) : probe)
transmitter.memory.set(packet)
transmitter.lengths[0] = packet.length
const timer = setInterval(() => {
  void transmitter.send(isIpv4(source) ? batchOf([source]) : batchOf6([source]), 1)
}, PERIOD_MS)
process.stderr.write(`ready at ${formatIp(own)}\n`)
process.stdin.on('data', () => undefined)
process.stdin.once('end', () => {
  clearInterval(timer)
  process.exit(0)
})
