/** What `interplot watch` says of the whole, while it goes on and in the end. */

import { countOf, formatBandwidth, formatBytes, formatCount, formatDuration } from '../../core/units.ts'
import type { AddressPlaces } from '../address-places.ts'
import type { Terminal } from '../terminal.ts'
import type { ConnectionSource } from './connection-source.ts'
import type { LiveMapFeed } from './live-map-feed.ts'
import type { WatchTotals } from './watch-model.ts'

export const liveLine = ({ flows, packetsPerS, bytesPerS, seen, droppedByKernel }: WatchTotals): string =>
  [
    `${countOf(flows, 'connection')} now, ${formatCount(seen)} seen`,
    `${formatCount(packetsPerS)} packets/s, ${formatBandwidth(bytesPerS * 8)}`,
    ...(droppedByKernel === null || droppedByKernel === 0 ? [] : [`${formatCount(droppedByKernel)} packets dropped`]),
  ].join('; ')

export const summaryLines = (
  totals: WatchTotals,
  source: string,
  passedUs: number,
  unlocated: number | null,
): string[] => {
  const losses = [
    [
      totals.droppedByKernel ?? 0,
      'packets had no room in the kernel’s ring and were not seen (try --ring-size, or a narrower --filter)',
    ],
    [totals.evicted, 'connections were forgotten while they went on, for want of room (try --max-flows)'],
    [totals.notKept, 'changes of connections came faster than they could be kept'],
    [totals.malformed, 'packets had headers that cannot be'],
    [totals.duplicates, 'packets were seen on a second interface and counted once'],
  ] as const
  const where =
    unlocated === null || unlocated === 0 ? '' : `, ${formatCount(unlocated)} of the last shown without a place`
  return [
    `${countOf(totals.seen, 'connection')}, ${countOf(totals.packets, 'packet')}, ${formatBytes(totals.bytes)} on ${source} in ${formatDuration(passedUs)}${where}`,
    ...losses.filter(([count]) => count > 0).map(([count, words]) => `${formatCount(count)} ${words}`),
  ]
}

export const introduce = (
  source: ConnectionSource,
  feed: LiveMapFeed | null,
  places: AddressPlaces,
  terminal: Terminal,
): void => {
  const what = source.filter === null ? '' : `, ${source.filter}`
  terminal.note(`Watching ${source.title}${what}. Ctrl-C ends it.`)
  if (places.note !== null) terminal.note(places.note)
  if (feed !== null) terminal.note(`The map: ${feed.url}`)
}
