/**
 * Chooses the canaries of a scan and learns from their fate: known responders are probed again and again, a few at a time,
 * to see whether anything is lost; suspicious networks are asked on random ports (answering-networks.ts).
 */

import type { RandomStream } from '../core/random.ts'
import { REPLY_SUCCESS, type ReplyBatch } from '../core/reply-batch.ts'
import { type AnsweringNetwork, watchNetworks } from './answering-networks.ts'
import { CANARY_PATIENCE_US, type Canary, type CanaryTable } from './canary-table.ts'

/** Known responders to choose from. */
const MAX_RESPONDERS = 4096
/** Canaries to known responders in a step, and the share of the scan's own probes that they may be; as many to suspects. */
const MAX_A_STEP = 200
const MAX_SHARE = 0.02
/** Suspicious networks that wait to be asked; more are not asked. */
const MAX_WAITING = 100_000
/** An answer that takes so many times the usual round trip is lost; the sooner that is known, the less is lost after it. */
const PATIENCE_RTTS = 8
const MIN_PATIENCE_US = 200_000
/** A responder that was silent so many times in a row has gone. */
const MAX_SILENT = 3

export interface CanaryCounts {
  /** Of known responders, since the start. */
  answered: number
  lost: number
  /** The share of the scan's probes that was lost, 0 … 1: that of the canaries, weighed by what was sent meanwhile. */
  lostShare: number
  /** Median round trip of those that were judged last, or null before the first. */
  rttUs: number | null
}

export interface CanaryKeeper {
  /** Learns who answers. */
  onBatch(batch: ReplyBatch): void
  /** To be called in even steps. @param sent probes of the scan so far. */
  step(nowUs: number, sent: number): CanaryCounts
  /** Networks where everything answers. */
  flagged(): AnsweringNetwork[]
}

interface Responder extends Canary {
  silent: number
  /** Asked, and not judged yet: two answers could not be told apart. */
  asked: boolean
}

interface Question {
  responder: Responder
  /** Probes of the scan that it stands for. */
  weight: number
}

export interface CanaryKeeperOptions {
  table: CanaryTable
  random: RandomStream
  /** Ports of the scan; null where probes have none. */
  ports: ReadonlySet<number> | null
}

const median = (values: readonly number[]): number | null =>
  values.length === 0 ? null : [...values].sort((a, b) => a - b)[values.length >>> 1]!

export const keepCanaries = ({ table, random, ports }: CanaryKeeperOptions): CanaryKeeper => {
  const networks = ports === null ? null : watchNetworks(ports, random.nextFloat)
  const responders: Responder[] = []
  const open = new Map<number, Question>()
  const waiting: Canary[] = []
  const counts: CanaryCounts = { answered: 0, lost: 0, lostShare: 0, rttUs: null }
  let seen = 0
  let sentBefore = 0
  /** Probes of the scan that the judged canaries stand for. */
  const weights = { judged: 0, lost: 0 }

  const remember = (address: number, port: number): void => {
    seen += 1
    const responder = { address, port, silent: 0, asked: false }
    if (responders.length < MAX_RESPONDERS) responders.push(responder)
    else {
      // Reservoir sampling (Vitter's algorithm R): each responder so far is as likely to be kept.
      const place = random.nextBelow(seen)
      if (place < MAX_RESPONDERS) responders[place] = responder
    }
  }

  const judge = (nowUs: number): void => {
    const rtts: number[] = []
    const patienceUs = Math.min(
      CANARY_PATIENCE_US,
      Math.max(MIN_PATIENCE_US, PATIENCE_RTTS * (counts.rttUs ?? Number.POSITIVE_INFINITY)),
    )
    for (const fate of table.judge(nowUs, patienceUs)) {
      const question = open.get(fate.slot)
      open.delete(fate.slot)
      if (question === undefined) {
        networks?.judge(fate)
        continue
      }
      const { responder, weight } = question
      weights.judged += weight
      if (fate.rttUs === null) weights.lost += weight
      responder.asked = false
      if (fate.rttUs === null) {
        counts.lost += 1
        responder.silent += 1
      } else {
        counts.answered += 1
        responder.silent = 0
        rtts.push(fate.rttUs)
      }
    }
    counts.rttUs = median(rtts) ?? counts.rttUs
    counts.lostShare = weights.judged === 0 ? 0 : weights.lost / weights.judged
  }

  const ask = (sent: number): void => {
    const sentMeanwhile = sent - sentBefore
    const share = Math.floor(sentMeanwhile * MAX_SHARE)
    sentBefore = sent
    for (const canary of waiting.splice(0, share))
      if (table.ask(canary.address, canary.port) < 0) networks?.notAsked(canary)
    const wanted = Math.min(MAX_A_STEP, share, responders.length)
    for (let i = 0; i < wanted; i += 1) {
      const at = random.nextBelow(responders.length)
      const responder = responders[at]!
      if (responder.silent >= MAX_SILENT) {
        responders[at] = responders.at(-1)!
        responders.pop()
        continue
      }
      if (responder.asked) continue
      const slot = table.ask(responder.address, responder.port)
      if (slot < 0) continue
      open.set(slot, { responder, weight: sentMeanwhile / wanted })
      responder.asked = true
    }
  }

  return {
    onBatch(batch) {
      for (let row = 0; row < batch.count; row += 1) {
        if ((batch.flags[row]! & REPLY_SUCCESS) === 0) continue
        const address = batch.target[row]!
        remember(address, batch.port[row]!)
        for (const canary of networks?.hit(address) ?? []) {
          if (waiting.length < MAX_WAITING) waiting.push(canary)
          else networks?.notAsked(canary)
        }
      }
    },
    step(nowUs, sent) {
      judge(nowUs)
      ask(sent)
      return { ...counts }
    },
    flagged: () => networks?.flagged() ?? [],
  }
}
