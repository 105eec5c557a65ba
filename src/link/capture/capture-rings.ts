/** The rings of one capture: one for each interface, or one for `any`. */

import { InterplotError } from '../../core/errors.ts'
import type { FrameHandler } from '../../core/frame.ts'
import type { BpfInstruction } from '../bpf-assembler.ts'
import { IFF_LOOPBACK } from '../kernel-constants.ts'
import type { NetworkInterface } from '../network-tables.ts'
import { RING_BLOCK_BYTES } from '../ring-memory.ts'
import { namedInterface } from '../route.ts'
import { type CaptureRing, MIN_RING_BLOCKS, openCaptureRing } from './capture-ring.ts'
import type { FrameCounters } from './frame-reader.ts'

export const ANY = 'any'
const DEFAULT_RING_BYTES = 64 << 20
const MAX_RING_BYTES = 1 << 30

export interface RingOptions {
  /** Names, or `any` alone. */
  interfaces: readonly string[]
  /** Run by the kernel on packets that begin with their network header; empty = everything passes. */
  program: readonly BpfInstruction[]
  /** Of each packet no more than so many bytes are kept, whatever the program says. */
  snapBytes: number
  /** Also what is for other machines; not with `any`. */
  promiscuous: boolean
  /** Of all rings together; the default is 64 MiB, the most 1 GiB. */
  ringBytes?: number
}

export interface CaptureRings {
  readonly fds: readonly number[]
  /** What is not as it was asked for, in words. */
  readonly notes: readonly string[]
  /** Listens to an interface that has come back. @returns false when it has gone again. */
  rebind(name: string, interfaceIndex: number): boolean
  /** Hands over the block whose first packet came first, of all rings. @returns false when there is none. */
  readEarliest(onFrame: FrameHandler): boolean
  /** What the kernel had no room for since the last call. */
  losses(): { drops: number; freezes: number }
  close(): void
}

/** The interfaces to open: number 0 stands for any. @throws InterplotError ERR_USAGE, ERR_INTERFACE */
const chosenInterfaces = (names: readonly string[], interfaces: readonly NetworkInterface[]) => {
  if (names.length === 0 || new Set(names).size < names.length || (names.length > 1 && names.includes(ANY))) {
    throw new InterplotError('ERR_USAGE', `cannot listen on the interfaces "${names.join(',')}"`, {
      advice: `Name each once, or "${ANY}" alone.`,
    })
  }
  return names.map((name) => (name === ANY ? { name, index: 0 } : namedInterface(interfaces, name)))
}

const closeAll = (rings: readonly CaptureRing[]): void => {
  for (const ring of rings) ring.close()
}

const openEach = (options: RingOptions, interfaces: readonly NetworkInterface[], counters: FrameCounters) => {
  const { program, snapBytes, promiscuous, ringBytes = DEFAULT_RING_BYTES } = options
  const chosen = chosenInterfaces(options.interfaces, interfaces)
  const share = Math.floor(Math.min(ringBytes, MAX_RING_BYTES) / chosen.length / RING_BLOCK_BYTES)
  const blocks = Math.max(MIN_RING_BLOCKS, share)
  const loopbackIndex = interfaces.find(({ flags }) => (flags & IFF_LOOPBACK) !== 0)?.index ?? -1
  const rings: CaptureRing[] = []
  try {
    for (const { name, index } of chosen) {
      const ring = openCaptureRing({ name, program, snapBytes, promiscuous, blocks, loopbackIndex, counters })
      rings.push(ring)
      ring.bind(index)
    }
  } catch (error) {
    closeAll(rings)
    throw error
  }
  const notes = rings
    .filter((ring) => ring.blocks < blocks)
    .map(({ name, blocks: had }) => `there was memory for ${had} MiB of packets of ${name}, not for ${blocks} MiB`)
  return { rings, notes }
}

/** @throws InterplotError ERR_USAGE, ERR_RAW_PRIVILEGE, ERR_INTERFACE, ERR_LINK_UNAVAILABLE */
export const openCaptureRings = (
  options: RingOptions,
  interfaces: readonly NetworkInterface[],
  counters: FrameCounters,
): CaptureRings => {
  const { rings, notes } = openEach(options, interfaces, counters)
  return {
    fds: rings.map(({ fd }) => fd),
    notes,
    rebind(name, interfaceIndex) {
      try {
        rings.find((ring) => ring.name === name)?.bind(interfaceIndex)
        return true
      } catch (error) {
        if (error instanceof InterplotError) return false
        throw error
      }
    },
    readEarliest(onFrame) {
      let earliest: CaptureRing | undefined
      let leastUs = Number.POSITIVE_INFINITY
      for (const ring of rings) {
        const timeUs = ring.nextTimeUs()
        if (timeUs === null || timeUs >= leastUs) continue
        leastUs = timeUs
        earliest = ring
      }
      earliest?.readBlock(onFrame)
      return earliest !== undefined
    },
    losses() {
      const each = rings.map((ring) => ring.statistics())
      return {
        drops: each.reduce((sum, { drops }) => sum + drops, 0),
        freezes: each.reduce((sum, { freezes }) => sum + freezes, 0),
      }
    },
    close: () => closeAll(rings),
  }
}
