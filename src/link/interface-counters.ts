/**
 * What an interface says it dropped, by Linux' own counters in /sys/class/net/NAME/statistics (see
 * Documentation/ABI/testing/sysfs-class-net-statistics): queues that overflowed and errors, in both directions.
 */

import { readFileSync } from 'node:fs'

const COUNTERS = ['tx_dropped', 'tx_errors', 'rx_missed_errors', 'rx_fifo_errors', 'rx_over_errors'] as const

const read = (interfaceName: string, counter: string): number => {
  try {
    return Number(readFileSync(`/sys/class/net/${interfaceName}/statistics/${counter}`, 'utf8')) || 0
  } catch {
    // An interface without the counter, or a system without /sys, drops nothing that anybody could know of.
    return 0
  }
}

/** A reader of the packets that the interface has dropped since now. */
export const interfaceDropReader = (interfaceName: string): (() => number) => {
  const total = (): number => COUNTERS.reduce((sum, counter) => sum + read(interfaceName, counter), 0)
  const before = total()
  return () => Math.max(0, total() - before)
}
