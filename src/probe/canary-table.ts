/**
 * Canaries: extra probes whose fate is followed one by one, sent among those of the scan. Two questions are asked with them:
 * whether a target that is known to answer still does (if not, probes or replies are being lost), and whether a network
 * answers on ports that nobody has open (then its answers say nothing).
 *
 * A ring in shared memory: the main thread asks, the first sender sends, the receiver marks answers. Each field of a slot
 * has one writer; a slot is used again only after its question has been judged.
 */

const SLOTS = 4096
const HEAD_WORDS = 2
/** How long after sending an answer counts, unless told otherwise. */
export const CANARY_PATIENCE_US = 1_000_000

const ASKED = 0
const SENT = 1

export interface Canary {
  address: number
  port: number
}

export interface AskedCanary extends Canary {
  /** The question's number, from 0. */
  slot: number
}

export interface CanaryFate extends AskedCanary {
  /** Null when no answer came in time. */
  rttUs: number | null
  /** True when the answer was a success for the probe module. */
  success: boolean
}

export interface CanaryTable {
  readonly buffer: SharedArrayBuffer
  /** Main thread. @returns the question's number, or -1 when too many are open. */
  ask(address: number, port: number): number
  /** Main thread: answers that came, and questions whose time is over; each once, in the order of asking. */
  judge(nowUs: number, patienceUs?: number): CanaryFate[]
  /** First sender: the next one to send, or null. */
  next(): AskedCanary | null
  /** First sender: the one that `next` gave has left. */
  sent(nowUs: number): void
  /** Receiver: whether a reply answers a canary; the first one is kept. */
  answered(address: number, port: number, timeUs: number, success: boolean): boolean
}

const key = (address: number, port: number): number => address * 65_536 + port

export const makeCanaryTable = (
  buffer = new SharedArrayBuffer(HEAD_WORDS * 4 + SLOTS * (8 * 2 + 4 * 4)),
): CanaryTable => {
  // The 8-byte columns come first, for alignment.
  const sentUs = new Float64Array(buffer, 0, SLOTS)
  const answeredUs = new Float64Array(buffer, SLOTS * 8, SLOTS)
  const head = new Int32Array(buffer, SLOTS * 16, HEAD_WORDS)
  const columns = SLOTS * 16 + HEAD_WORDS * 4
  const addresses = new Uint32Array(buffer, columns, SLOTS)
  const ports = new Uint32Array(buffer, columns + SLOTS * 4, SLOTS)
  /** 0 no answer yet, 1 an answer, 2 a success. */
  const answers = new Int32Array(buffer, columns + SLOTS * 8, SLOTS)
  let judged = 0
  let known = 0
  const slotOf = new Map<number, number>()
  /** What each slot was about when the receiver looked; −1 at first. */
  const keys = new Float64Array(SLOTS).fill(-1)

  /** The receiver's own index of the ring, brought up to date when it is needed. */
  const learn = (): void => {
    const asked = Atomics.load(head, ASKED)
    for (; known < asked; known += 1) {
      const slot = known % SLOTS
      const before = keys[slot]!
      if (slotOf.get(before) === slot) slotOf.delete(before)
      keys[slot] = key(addresses[slot]!, ports[slot]!)
      slotOf.set(keys[slot]!, slot)
    }
  }

  return {
    buffer,
    ask(address, port) {
      const asked = Atomics.load(head, ASKED)
      if (asked - judged >= SLOTS) return -1
      const slot = asked % SLOTS
      addresses[slot] = address
      ports[slot] = port
      sentUs[slot] = 0
      answeredUs[slot] = 0
      Atomics.store(answers, slot, 0)
      Atomics.store(head, ASKED, asked + 1)
      return asked
    },
    judge(nowUs, patienceUs = CANARY_PATIENCE_US) {
      const fates: CanaryFate[] = []
      const sent = Atomics.load(head, SENT)
      for (; judged < sent; judged += 1) {
        const slot = judged % SLOTS
        const answer = Atomics.load(answers, slot)
        if (answer === 0 && nowUs - sentUs[slot]! < patienceUs) break
        const rttUs = answer === 0 ? null : Math.max(0, answeredUs[slot]! - sentUs[slot]!)
        fates.push({ slot: judged, address: addresses[slot]!, port: ports[slot]!, rttUs, success: answer === 2 })
      }
      return fates
    },
    next() {
      const sent = Atomics.load(head, SENT)
      if (sent >= Atomics.load(head, ASKED)) return null
      const slot = sent % SLOTS
      return { address: addresses[slot]!, port: ports[slot]!, slot: sent }
    },
    sent(nowUs) {
      const sent = Atomics.load(head, SENT)
      sentUs[sent % SLOTS] = nowUs
      Atomics.store(head, SENT, sent + 1)
    },
    answered(address, port, timeUs, success) {
      learn()
      const slot = slotOf.get(key(address, port))
      if (slot === undefined || addresses[slot] !== address || ports[slot] !== port) return false
      if (Atomics.load(answers, slot) === 0) {
        answeredUs[slot] = timeUs
        Atomics.store(answers, slot, success ? 2 : 1)
      }
      return true
    },
  }
}
