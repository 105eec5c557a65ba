/**
 * The far end of bench/pacer.ts and bench/ingress.ts: NEIGHBOUR FIRST COUNT. Counts the TCP packets to so many addresses from the
 * first on, in slots of 10 ms, by the kernel's timestamps, until its standard input ends; then prints the counts and how many packets the ring had no room for, as one line of JSON.
 */

import { ipv4, parseIpv4 } from '../src/core/ip.ts'
import { packetLink } from '../src/link/packet-link.ts'

const SLOT_US = 10_000
const [neighbour = '', first = '', addresses = '1'] = process.argv.slice(2)

const spec = await packetLink.resolve({ sampleTarget: parseIpv4(neighbour)! })
const link = packetLink.open(spec, { mayBlock: false })
const base = parseIpv4(first)!
const destinations = Array.from({ length: Number(addresses) }, (_, i) => ipv4(base + i))
const receiver = link.openReceiver({ filter: { destinations, protocols: ['tcp'] }, snapBytes: 40 })
const slots: number[] = []
let startUs = -1
const onPacket = (_bytes: Uint8Array, _offset: number, _length: number, timeUs: number): void => {
  if (startUs < 0) startUs = timeUs
  const slot = Math.max(0, Math.floor((timeUs - startUs) / SLOT_US))
  while (slots.length <= slot) slots.push(0)
  slots[slot]! += 1
}
let open = true
process.stdin.on('data', () => undefined)
process.stdin.once('end', () => {
  open = false
})
process.stderr.write('ready\n')
while (open) await receiver.poll(onPacket, 20)
while ((await receiver.poll(onPacket, 20)) > 0);
const { droppedByKernel } = receiver.counters()
await link.close()
process.stdout.write(`${JSON.stringify({ slots, droppedByKernel })}\n`)
process.exit(0)
