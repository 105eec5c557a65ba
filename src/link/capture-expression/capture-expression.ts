/**
 * tcpdump's filter expressions (pcap-filter(7)), the common part of them, as programs for the kernel and for bpf-machine.ts. Nothing is looked up:
 * hosts are addresses.
 */

import { InterplotError } from '../../core/errors.ts'
import { BPF, type BpfInstruction, bpfAssembler } from '../bpf-assembler.ts'
import { writeCondition } from './filter-compiler.ts'
import { parseFilter } from './filter-parser.ts'
import { filterWriter } from './filter-writer.ts'
import { type PacketForm, packetLayout } from './packet-form.ts'

/** The kernel's limit (BPF_MAXINSNS). */
const MAX_INSTRUCTIONS = 4096
const WHOLE_PACKET = 262_144

/**
 * The program for packets that begin like `form` says; it keeps the first `snapBytes` of what it selects. An empty text selects everything.
 * @throws InterplotError ERR_USAGE that points at what is not understood, or not to be had of such packets.
 */
export const compileCaptureExpression = (
  text: string,
  form: PacketForm,
  snapBytes = WHOLE_PACKET,
): BpfInstruction[] => {
  const layout = packetLayout(form)
  if (layout === null) {
    throw new InterplotError('ERR_USAGE', `no capture filter can be used on packets of the link type ${form}`, {
      advice: 'Leave the filter out, or capture on an interface with Ethernet or IP packets.',
    })
  }
  const condition = parseFilter(text)
  const program = bpfAssembler()
  writeCondition(filterWriter(program, text, layout), condition, { onTrue: 'keep', onFalse: 'drop' })
  program.label('keep')
  program.emit(BPF.return, snapBytes)
  program.label('drop')
  program.emit(BPF.return, 0)
  const instructions = program.assemble()
  if (instructions.length <= MAX_INSTRUCTIONS) return instructions
  throw new InterplotError(
    'ERR_USAGE',
    `the capture filter takes ${instructions.length} instructions, and the kernel takes ${MAX_INSTRUCTIONS}`,
    { advice: 'Name networks in place of hosts, and ranges of ports in place of ports.' },
  )
}
