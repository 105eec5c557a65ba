/**
 * What would be probed, in order, without sending anything: packets as text (zmap's --dryrun), packets as records of six
 * bytes (zmap's --fast-dryrun), or the targets alone (--list-targets).
 */

import { Buffer } from 'node:buffer'
import { InterplotError } from '../../core/errors.ts'
import { openSink } from '../../output/sink.ts'
import { formatTargetLines } from '../../output/target-lines.ts'
import { probeModules } from '../../probe/modules/index.ts'
import { type EthernetEnds, packetText } from '../../probe/packet-text.ts'
import { prepareProbe, type ScanPlan, senderWalk } from '../../probe/scan-plan.ts'
import { newTargetBatch } from '../../targets/target-set.ts'

export interface DryRunOptions {
  dryrun?: boolean
  fastDryrun?: boolean
  listTargets?: boolean
}

type Form = 'packets' | 'records' | 'targets'

const BATCH_TARGETS = 16_384
/** Text is some 190 bytes a packet. */
const BATCH_PACKETS = 1024
/** zmap's record: the destination's address and port in network order. */
const RECORD_BYTES = 6

/** @throws InterplotError ERR_USAGE when several forms are asked for. @returns null when none is. */
export const dryRunForm = (options: DryRunOptions): Form | null => {
  const forms: Form[] = []
  if (options.dryrun === true) forms.push('packets')
  if (options.fastDryrun === true) forms.push('records')
  if (options.listTargets === true) forms.push('targets')
  if (forms.length < 2) return forms[0] ?? null
  throw new InterplotError(
    'ERR_USAGE',
    '--dryrun, --fast-dryrun and --list-targets print the same thing in three ways',
    {
      advice: 'Give one of them.',
    },
  )
}

const recordsOf = (addresses: Uint32Array, ports: Uint16Array, count: number): Buffer => {
  const records = Buffer.allocUnsafe(count * RECORD_BYTES)
  for (let i = 0, at = 0; i < count; i += 1, at += RECORD_BYTES) {
    const address = addresses[i]!
    const port = ports[i]!
    records[at] = address >>> 24
    records[at + 1] = address >>> 16
    records[at + 2] = address >>> 8
    records[at + 3] = address
    records[at + 4] = port >>> 8
    records[at + 5] = port
  }
  return records
}

type Printer = (addresses: Uint32Array, ports: Uint16Array, count: number) => Buffer

const packetPrinter = (plan: ScanPlan, ends: EthernetEnds | null): Printer => {
  const probe = prepareProbe(plan)
  const packet = new Uint8Array(probe.packetBytes)
  probe.writeTemplate(packet, 0)
  return (addresses, ports, count) => {
    let text = ''
    for (let i = 0; i < count; i += 1) {
      const length = probe.writeTarget(packet, 0, addresses[i]!, ports[i]!, i % plan.copies)
      text += packetText(packet, 0, length, ends)
    }
    return Buffer.from(text, 'latin1')
  }
}

const printerFor = (form: Form, plan: ScanPlan, ends: EthernetEnds | null): Printer => {
  if (form === 'packets') return packetPrinter(plan, ends)
  if (form === 'records') return recordsOf
  const { usesPorts } = probeModules.get(plan.module)
  return (addresses, ports, count) => formatTargetLines(addresses, usesPorts ? ports : null, count)
}

/**
 * Prints to standard output, in the order in which one sender would send.
 * @param ends the hardware addresses to show; null = none, as on links without Ethernet.
 */
export const printDryRun = async (form: Form, plan: ScanPlan, ends: EthernetEnds | null): Promise<void> => {
  const sink = await openSink('-')
  const walk = senderWalk({ ...plan, senders: 1 }, 0)
  const size = Math.max(plan.copies, form === 'packets' ? BATCH_PACKETS : BATCH_TARGETS)
  const batch = newTargetBatch(size)
  const print = printerFor(form, plan, ends)
  const copies = form === 'targets' ? 1 : plan.copies
  while (!sink.consumerGone && walk.next(batch, size, copies) > 0) {
    await sink.write(print(batch.addresses, batch.ports, batch.count))
  }
  await sink.close()
}
