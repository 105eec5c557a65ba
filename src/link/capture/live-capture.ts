/**
 * Frames of the machine's interfaces as they pass, in both directions (packet(7), ETH_P_ALL). Blocks of several rings are read in
 * the order of their first packets; the kernel passes a block on after 10 ms at the latest, and no order is kept within that.
 *
 * Needs CAP_NET_RAW while it is opened and nothing afterwards: an interface that goes and comes back, too, is listened to by a
 * thread that has called dropCapabilities.
 */

import type { FrameHandler } from '../../core/frame.ts'
import { type InterfaceAddress, listAddresses } from '../interface-addresses.ts'
import { IFF_UP } from '../kernel-constants.ts'
import { libc, type ReadableWait } from '../libc.ts'
import { openLinkEvents } from '../link-events.ts'
import { listInterfaces, type NetworkInterface } from '../network-tables.ts'
import { makeBlockingWait, takeOutage } from '../ring-socket.ts'
import { ANY, openCaptureRings, type RingOptions } from './capture-rings.ts'
import type { FrameCounters } from './frame-reader.ts'
import { type InterfaceChange, makeInterfaceStates } from './interface-states.ts'

/** A poll hands over no more than this before it returns. */
const BLOCKS_A_POLL = 4

export interface CaptureOptions extends RingOptions {
  /** An empty poll waits in the kernel; for threads of their own. Otherwise it returns a promise. */
  mayBlock: boolean
  /** Called by openCapture for an interface that is down, and by poll. */
  onState(name: string, change: InterfaceChange): void
}

export interface CaptureCounters extends FrameCounters {
  /** What passed the filter and found no room. */
  droppedByKernel: number
  /** How often a ring was full. */
  frozen: number
  /** By interface: how often it went down or away. With `any`: those that were up at the start. */
  outages: Record<string, number>
}

export interface LiveCapture {
  /** What is not as it was asked for, in words. */
  readonly notes: readonly string[]
  /** Hands over what has come, or waits for it. @returns how many frames; 0 also when only something else happened. */
  poll(onFrame: FrameHandler, timeoutMs: number): number | Promise<number>
  /** `eth0`; null for a number that no interface had. */
  deviceName(device: number): string | null
  /** The machine's own, as they are now. */
  addresses(): InterfaceAddress[]
  counters(): CaptureCounters
  close(): void
}

/** Waits on the event loop until one of them can be read. */
const waitForAny = (fds: readonly number[], timeoutMs: number): ReadableWait => {
  const waits = fds.map((fd) => libc().waitReadable(fd, timeoutMs))
  const cancel = (): void => {
    for (const wait of waits) wait.cancel()
  }
  return { done: Promise.race(waits.map(({ done }) => done)).finally(cancel), cancel }
}

const watchedNames = (
  { interfaces: names }: RingOptions,
  interfaces: readonly NetworkInterface[],
): readonly string[] =>
  names.includes(ANY) ? interfaces.filter(({ flags }) => (flags & IFF_UP) !== 0).map(({ name }) => name) : names

const openParts = (options: CaptureOptions, frames: FrameCounters) => {
  // Before the table is read, so that nothing falls between the two.
  const events = openLinkEvents()
  try {
    const interfaces = listInterfaces()
    const rings = openCaptureRings(options, interfaces, frames)
    const { onState } = options
    const reaction = { reopen: rings.rebind, onState }
    return { events, rings, states: makeInterfaceStates(watchedNames(options, interfaces), interfaces, reaction) }
  } catch (error) {
    events.close()
    throw error
  }
}

/** @throws InterplotError ERR_USAGE, ERR_RAW_PRIVILEGE, ERR_INTERFACE, ERR_LINK_UNAVAILABLE */
export const openCapture = (options: CaptureOptions): LiveCapture => {
  const frames: FrameCounters = { received: 0, otherProtocols: 0 }
  const { events, rings, states } = openParts(options, frames)
  const total = { droppedByKernel: 0, frozen: 0 }
  const fds = [...rings.fds, events.fd]
  // The error of the other socket is that it lost messages, which `events.read` has to see.
  const waitBlocking = makeBlockingWait(fds, (fd) => fd !== events.fd && takeOutage(fd))
  let open = true
  let waiting: ReadableWait | undefined

  const drain = (onFrame: FrameHandler): number => {
    if (!open) return 0
    if (!events.read(states.observe)) states.compare(listInterfaces())
    const before = frames.received
    for (let blocks = 0; blocks < BLOCKS_A_POLL && rings.readEarliest(onFrame); blocks += 1);
    return frames.received - before
  }

  const waitAndDrain = async (onFrame: FrameHandler, timeoutMs: number): Promise<number> => {
    waiting = waitForAny(fds, timeoutMs)
    await waiting.done
    waiting = undefined
    if (open) for (const fd of rings.fds) takeOutage(fd)
    return drain(onFrame)
  }

  const countLosses = (): void => {
    const { drops, freezes } = rings.losses()
    total.droppedByKernel += drops
    total.frozen += freezes
  }

  return {
    notes: rings.notes,
    poll(onFrame, timeoutMs) {
      const ready = drain(onFrame)
      if (ready > 0 || timeoutMs <= 0 || !open) return ready
      if (!options.mayBlock) return waitAndDrain(onFrame, timeoutMs)
      waitBlocking(timeoutMs)
      return drain(onFrame)
    },
    deviceName: states.nameOf,
    addresses: () => listAddresses(),
    counters() {
      if (open) countLosses()
      return { ...frames, ...total, outages: states.outages() }
    },
    close() {
      if (!open) return
      countLosses()
      open = false
      waiting?.cancel()
      rings.close()
      events.close()
    },
  }
}
