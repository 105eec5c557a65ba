/**
 * What the threads of a scan share: orders from the main thread, counters back to it. One SharedArrayBuffer; each counter
 * has one writer. Orders are 32-bit Atomics; counters are 64-bit floats written whole, exact up to 2^53.
 */

import { REJECTIONS } from './modules/contract.ts'

export const MAX_SENDERS = 64
/** One for each interface. Their pressure is one word's bits. */
export const MAX_RECEIVERS = 16
/** Reply batches on their way to the main thread beyond which senders pause: the store must keep up. */
const MAX_BATCHES_IN_FLIGHT = 32
/** Batches beyond which receivers leave packets in their rings, where the kernel counts what has no room. */
const RECEIVER_BATCHES_IN_FLIGHT = 2 * MAX_BATCHES_IN_FLIGHT
const FLAG_WORDS = 8
const RECEIVER_COUNTERS = [
  'received',
  'accepted',
  'success',
  'repeats',
  'droppedByKernel',
  'outages',
  ...REJECTIONS,
] as const
const SENDER_COUNTERS = ['sent', 'targets', 'failed', 'backoffs'] as const

export type ReceiverCounter = (typeof RECEIVER_COUNTERS)[number]
export type SenderCounter = (typeof SENDER_COUNTERS)[number]

const FLAG = {
  stopSending: 0,
  stopReceiving: 1,
  pressure: 2,
  receiversReady: 3,
  batchesPosted: 4,
  batchesTaken: 5,
  paused: 6,
  abandoned: 7,
} as const

export interface ScanTotals extends Record<ReceiverCounter, number>, Record<SenderCounter, number> {}

export interface ScanControl {
  readonly buffer: SharedArrayBuffer
  stopSending(): void
  sendingStopped(): boolean
  stopReceiving(): void
  receivingStopped(): boolean
  /** This receiver says: more arrives than I can read. */
  setPressure(on: boolean): void
  /** The person, or the rate's control, says: wait. */
  setPaused(on: boolean): void
  paused(): boolean
  /** True while senders must wait: a pause, or the receiver or the thread behind it falls behind. */
  underPressure(): boolean
  /** The receiver has posted a batch; the main thread has dealt with one. */
  batchPosted(): void
  batchTaken(): void
  batchesPosted(): number
  batchesTaken(): number
  /** The main thread takes no batches any more: it has failed. */
  abandonBatches(): void
  /**
   * For a receiver, before it reads: blocks up to `timeoutMs` while more batches wait for the main thread than may.
   * @returns whether it may read.
   */
  mayPost(timeoutMs: number): boolean
  setReceiverReady(): void
  /** Resolves when so many receivers listen (no probe may leave before), or when they are told to stop. */
  receiversReady(count: number): Promise<void>
  setRatePps(ratePps: number): void
  ratePps(): number
  /** Every target of the sender's walk before this position has been sent. */
  setPosition(index: number, position: number): void
  position(index: number): number
  setSender(index: number, counter: SenderCounter, value: number): void
  /** What a sender has counted so far. */
  sender(index: number): Record<SenderCounter, number>
  setReceiver(counter: ReceiverCounter, value: number): void
  /** A sender says when, on the link's clock, it began and when its last batch was done. */
  setSendingTime(index: number, firstUs: number, lastUs: number): void
  /** From the first sender's beginning to the last one's end so far, microseconds on the link's clock. */
  sendingUs(): number
  /** All senders and receivers added up. */
  totals(): ScanTotals
}

/** Each receiver's counters, each sender's, then each sender's first and last time, then each one's position. */
const COUNTER_COUNT = 1 + MAX_RECEIVERS * RECEIVER_COUNTERS.length + MAX_SENDERS * (SENDER_COUNTERS.length + 2 + 1)

/** @param receiver for a receiver: which of several it is. */
export const makeScanControl = (
  buffer = new SharedArrayBuffer(FLAG_WORDS * 4 + COUNTER_COUNT * 8),
  receiver = 0,
): ScanControl => {
  const flags = new Int32Array(buffer, 0, FLAG_WORDS)
  const counters = new Float64Array(buffer, FLAG_WORDS * 4)
  const senderBase = 1 + MAX_RECEIVERS * RECEIVER_COUNTERS.length
  const timeBase = senderBase + MAX_SENDERS * SENDER_COUNTERS.length
  const positionBase = timeBase + MAX_SENDERS * 2
  const batchesInFlight = (): number => Atomics.load(flags, FLAG.batchesPosted) - Atomics.load(flags, FLAG.batchesTaken)
  const hasCredit = (): boolean =>
    batchesInFlight() < RECEIVER_BATCHES_IN_FLIGHT || Atomics.load(flags, FLAG.abandoned) === 1
  const raise = (flag: number): void => {
    Atomics.store(flags, flag, 1)
    Atomics.notify(flags, flag)
  }
  return {
    buffer,
    stopSending: () => raise(FLAG.stopSending),
    sendingStopped: () => Atomics.load(flags, FLAG.stopSending) === 1,
    stopReceiving: () => raise(FLAG.stopReceiving),
    receivingStopped: () => Atomics.load(flags, FLAG.stopReceiving) === 1,
    setPressure: (on) =>
      void (on ? Atomics.or(flags, FLAG.pressure, 1 << receiver) : Atomics.and(flags, FLAG.pressure, ~(1 << receiver))),
    setPaused: (on) => void Atomics.store(flags, FLAG.paused, on ? 1 : 0),
    paused: () => Atomics.load(flags, FLAG.paused) === 1,
    underPressure: () =>
      Atomics.load(flags, FLAG.pressure) !== 0 ||
      Atomics.load(flags, FLAG.paused) === 1 ||
      batchesInFlight() > MAX_BATCHES_IN_FLIGHT,
    batchPosted: () => void Atomics.add(flags, FLAG.batchesPosted, 1),
    batchTaken() {
      Atomics.add(flags, FLAG.batchesTaken, 1)
      Atomics.notify(flags, FLAG.batchesTaken)
    },
    batchesPosted: () => Atomics.load(flags, FLAG.batchesPosted),
    batchesTaken: () => Atomics.load(flags, FLAG.batchesTaken),
    abandonBatches() {
      Atomics.store(flags, FLAG.abandoned, 1)
      Atomics.notify(flags, FLAG.batchesTaken)
    },
    mayPost(timeoutMs) {
      if (hasCredit()) return true
      Atomics.wait(flags, FLAG.batchesTaken, Atomics.load(flags, FLAG.batchesTaken), timeoutMs)
      return hasCredit()
    },
    setReceiverReady: () => void Atomics.add(flags, FLAG.receiversReady, 1),
    async receiversReady(count) {
      while (Atomics.load(flags, FLAG.receiversReady) < count && Atomics.load(flags, FLAG.stopReceiving) === 0) {
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
    },
    setRatePps(ratePps) {
      counters[0] = ratePps
    },
    ratePps: () => counters[0]!,
    setPosition(index, position) {
      counters[positionBase + index] = position
    },
    position: (index) => counters[positionBase + index]!,
    setSender(index, counter, value) {
      counters[senderBase + index * SENDER_COUNTERS.length + SENDER_COUNTERS.indexOf(counter)] = value
    },
    sender: (index) => {
      const at = senderBase + index * SENDER_COUNTERS.length
      return Object.fromEntries(SENDER_COUNTERS.map((counter, i) => [counter, counters[at + i]!])) as Record<
        SenderCounter,
        number
      >
    },
    setReceiver(counter, value) {
      counters[1 + receiver * RECEIVER_COUNTERS.length + RECEIVER_COUNTERS.indexOf(counter)] = value
    },
    setSendingTime(index, firstUs, lastUs) {
      counters[timeBase + index * 2] = firstUs
      counters[timeBase + index * 2 + 1] = lastUs
    },
    sendingUs() {
      let firstUs = Number.POSITIVE_INFINITY
      let lastUs = 0
      for (let at = timeBase; at < positionBase; at += 2) {
        if (counters[at] === 0) continue
        firstUs = Math.min(firstUs, counters[at]!)
        lastUs = Math.max(lastUs, counters[at + 1]!)
      }
      return Math.max(0, lastUs - firstUs)
    },
    totals() {
      const totals: Record<string, number> = {}
      for (const [i, counter] of RECEIVER_COUNTERS.entries()) {
        totals[counter] = 0
        for (let at = 1 + i; at < senderBase; at += RECEIVER_COUNTERS.length) {
          totals[counter] = totals[counter]! + counters[at]!
        }
      }
      for (const [i, counter] of SENDER_COUNTERS.entries()) {
        totals[counter] = 0
        for (let sender = 0; sender < MAX_SENDERS; sender += 1) {
          totals[counter] = totals[counter]! + counters[senderBase + sender * SENDER_COUNTERS.length + i]!
        }
      }
      return totals as unknown as ScanTotals
    },
  }
}
