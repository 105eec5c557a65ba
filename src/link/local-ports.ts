/**
 * Ports of ours for connections beside a scan: outside its source ports, so that its receiver never takes their packets for
 * replies. Ports below 1024 are left to services (RFC 6335). One port serves any number of connections, to different hosts.
 */

const FIRST = 1024
const LAST = 65_535
/** Fewer above the scan's ports are not worth it when there are more below. */
const ENOUGH = 2048

/** @returns one port after the other, round and round; undefined when the scan's ports leave none. */
export const portsOutside = ({ first, last }: { first: number; last: number }): (() => number) | undefined => {
  const [above, below] = [LAST - last, Math.max(0, first - FIRST)]
  const count = above >= Math.min(ENOUGH, below) ? above : below
  if (count === 0) return undefined
  const highest = count === above ? LAST : first - 1
  let taken = -1
  return () => {
    taken = (taken + 1) % count
    return highest - taken
  }
}
