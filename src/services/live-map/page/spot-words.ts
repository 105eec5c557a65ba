/** The card of a place. */

import { countOf, formatCount } from '../../../core/units.ts'
import type { Finding } from '../../../render/viewer/finding.ts'
import type { SpotLook } from './live-scene.ts'
import { networkName, placeName, rateWords, remoteName, serviceName } from './words.ts'

const MOST_NAMES = 3

/** The most frequent first. */
const ranked = (words: readonly string[]): string[] => {
  const counts = new Map<string, number>()
  for (const each of words) if (each !== '') counts.set(each, (counts.get(each) ?? 0) + 1)
  const sorted = [...counts].sort((a, b) => b[1] - a[1])
  const rest = sorted.length - MOST_NAMES
  const shown = sorted
    .slice(0, MOST_NAMES)
    .map(([word, count]) => (count === 1 ? word : `${word} · ${formatCount(count)}`))
  return rest > 0 ? [...shown, `and ${formatCount(rest)} more`] : shown
}

export const spotFinding = ({ spot, rate }: SpotLook): Finding => {
  const rows = [...spot.rows].sort((a, b) => b.rate - a.rate)
  const bans = [...spot.bans]
  const title = placeName(spot.place)
  const connections = rows.length === 0 ? [] : [[countOf(rows.length, 'connection'), rateWords(rate)]]
  const places = [...rows.map(({ connection }) => connection.place), ...bans.map(({ place }) => place)]
  const km = spot.place.accuracyKm
  return {
    title: title === 'no place' ? `${spot.latitude.toFixed(2)}, ${spot.longitude.toFixed(2)}` : title,
    lines: [
      ...connections.map((parts) => parts.filter((part) => part !== '').join(' · ')),
      ...ranked(rows.map(({ connection }) => `${remoteName(connection)} ${serviceName(connection)}`)),
      ...(bans.length === 0 ? [] : [countOf(bans.length, 'event of bans', 'events of bans')]),
      ...ranked(bans.map(({ address, jail }) => (jail === '' ? address : `${address} ${jail}`))),
      ...ranked(places.map(networkName)).slice(0, MOST_NAMES),
      ...(km === null ? [] : [`within ${formatCount(km)} km`]),
    ],
    x: spot.x,
    y: spot.y,
    radius: 0,
  }
}
