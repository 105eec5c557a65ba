/** What a mass trace has come to so far; JSON holds it. */

import { REJECTIONS, type Rejection } from '../modules/contract.ts'

export interface MassTraceCounts {
  /** Probes that left, those of them that measured distances, and those that the link gave up. */
  sent: number
  preprobes: number
  failed: number
  /** Packets that arrived. */
  received: number
  /** Rows. */
  hops: number
  /** Targets whose end was met, by themselves or by others. */
  reached: number
  unreachable: number
  /** Routers' addresses. */
  interfaces: number
  /** Answers to probes that had been answered. */
  duplicates: number
  /** Answers that say once more that a target is no further than is known. */
  repeatedEnds: number
  /** Answers that name a target which is not traced, in spite of a right cookie. */
  strangers: number
  /** Everything else that arrived, by reason. */
  rejected: Record<Rejection, number>
  droppedByKernel: number
  sendingUs: number
}

export const newCounts = (): MassTraceCounts => ({
  sent: 0,
  preprobes: 0,
  failed: 0,
  received: 0,
  hops: 0,
  reached: 0,
  unreachable: 0,
  interfaces: 0,
  duplicates: 0,
  repeatedEnds: 0,
  strangers: 0,
  rejected: Object.fromEntries(REJECTIONS.map((reason) => [reason, 0])) as Record<Rejection, number>,
  droppedByKernel: 0,
  sendingUs: 0,
})
