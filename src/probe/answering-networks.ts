/**
 * Networks where everything answers: a middlebox that completes any handshake for a whole /24 makes every port of every
 * address look open. A /24 with several hits is asked on random ports that the scan does not probe; when these answer with
 * success, too, its hits are worth nothing, and the network is flagged.
 */

import type { Canary, CanaryFate } from './canary-table.ts'

/** Hits in a /24 that raise the question. */
const HITS_TO_ASK = 3
const PROBES = 4
const ANSWERS_TO_FLAG = 3
/** Networks remembered at most. */
const MAX_NETWORKS = 1 << 20
/** Random ports are drawn above the well-known ones. */
const FIRST_PORT = 1024

export interface AnsweringNetwork {
  /** First address of the /24. */
  network: number
  /** Random ports that were asked, and how many answered with success. */
  asked: number
  answered: number
}

interface Suspect {
  /** Distinct addresses that were hits, until the question is asked. */
  addresses: number[]
  asked: number
  judged: number
  answered: number
}

export interface AnsweringNetworks {
  /** A target answered with success. @returns canaries to ask, none as long as the network is no suspect. */
  hit(address: number): Canary[]
  /** A canary that could not be asked: its network is asked with fewer. */
  notAsked(canary: Canary): void
  /** @returns whether the fate was of one of these canaries. */
  judge(fate: CanaryFate): boolean
  flagged(): AnsweringNetwork[]
}

/** @param ports those of the scan. @param random 0 … 1. */
export const watchNetworks = (ports: ReadonlySet<number>, random: () => number): AnsweringNetworks => {
  const suspects = new Map<number, Suspect>()
  const canPick = ports.size < 60_000
  const randomPort = (): number => {
    for (;;) {
      const port = FIRST_PORT + Math.floor(random() * (65_536 - FIRST_PORT))
      if (!ports.has(port)) return port
    }
  }
  return {
    hit(address) {
      if (!canPick) return []
      const network = address >>> 8
      let suspect = suspects.get(network)
      if (suspect === undefined) {
        if (suspects.size >= MAX_NETWORKS) return []
        suspect = { addresses: [], asked: 0, judged: 0, answered: 0 }
        suspects.set(network, suspect)
      }
      const { addresses } = suspect
      if (suspect.asked > 0 || addresses.includes(address)) return []
      addresses.push(address)
      if (addresses.length < HITS_TO_ASK) return []
      suspect.asked = PROBES
      return Array.from({ length: PROBES }, (_, i) => ({
        address: addresses[i % addresses.length]!,
        port: randomPort(),
      }))
    },
    notAsked({ address }) {
      const suspect = suspects.get(address >>> 8)
      if (suspect !== undefined) suspect.asked -= 1
    },
    judge({ address, port, success }) {
      if (ports.has(port)) return false
      const suspect = suspects.get(address >>> 8)
      if (suspect === undefined) return false
      suspect.judged += 1
      if (success) suspect.answered += 1
      return true
    },
    flagged: () =>
      [...suspects]
        .filter(([, { answered }]) => answered >= ANSWERS_TO_FLAG)
        .map(([network, { judged, answered }]) => ({ network: network * 256, asked: judged, answered })),
  }
}
