/** Thread of one sender: by the link's own generator where it has one that works here, by a transmitter otherwise. */

import { InterplotError } from '../../core/errors.ts'
import type { PacketGenerator } from '../../link/contract.ts'
import { generatorOptionsFor, type Handover, runGeneratedSender } from '../../probe/generated-sender.ts'
import { runSender, transmitterOptionsFor } from '../../probe/sender.ts'
import { runScanWorker, type ScanWorker } from './scan-worker.ts'

/** What is left for a transmitter: from where on (absent = everything), and why. Null when all is sent. */
interface Rest {
  why?: string
  position?: number
}

const whyOf = ({ message, advice = '' }: InterplotError): string => `${message.replace(/\n.*/s, '')}. ${advice}`.trim()

const generate = async ({ plan, canaries, link, control, senderIndex }: ScanWorker): Promise<Rest | null> => {
  if (canaries !== undefined) return { why: 'canaries are probes of their own' }
  const options = generatorOptionsFor(plan, senderIndex)
  if (options === null) return { why: 'this probe is more than a recipe' }
  let generator: PacketGenerator
  try {
    generator = link.openGenerator!(options)
  } catch (error) {
    if (error instanceof InterplotError && error.code === 'ERR_LINK_UNAVAILABLE') return { why: whyOf(error) }
    throw error
  }
  let handover: Handover | null
  try {
    handover = await runGeneratedSender({ plan, index: senderIndex, generator, clock: link.clock, control })
  } finally {
    await generator.close()
  }
  return handover === null ? null : { why: whyOf(handover.reason), position: handover.position }
}

await runScanWorker(async (worker) => {
  const { plan, canaries, link, control, senderIndex, socketOpen, post } = worker
  const rest: Rest | null = link.openGenerator === undefined ? {} : await generate(worker)
  if (rest === null) return
  const { why, ...from } = rest
  if (why !== undefined && senderIndex === 0) {
    post({ kind: 'note', text: `probes are made here instead of by the kernel: ${why}` })
  }
  const transmitter = link.openTransmitter(transmitterOptionsFor(plan))
  if (transmitter.note !== undefined) post({ kind: 'note', text: transmitter.note })
  try {
    socketOpen()
    await runSender({
      plan,
      index: senderIndex,
      transmitter,
      clock: link.clock,
      control,
      ...from,
      ...(canaries === undefined ? {} : { canaries }),
    })
  } finally {
    await transmitter.close()
  }
})
