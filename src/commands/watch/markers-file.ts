/**
 * `markers.json` for web pages that show it already: an array of objects with `lat`, `lng`, `ip`, `city`, `country_code`,
 * `country_name`, `zip_code` and `src`, the local end. It is there whole or not at all, and valid when there is nothing to mark.
 * What has no coordinates is no marker.
 */

import { formatIp } from '../../core/ip.ts'
import { hasCoordinates } from '../../core/place.ts'
import { writeAtomically } from '../../output/atomic-file.ts'
import type { WatchedConnection } from './watch-model.ts'

interface Marker {
  lat: number
  lng: number
  ip: string
  city: string
  country_code: string
  country_name: string
  zip_code: string
  src: string
}

/** More are no map any more, and no file that a page reads every few seconds. */
const MOST_MARKERS = 10_000

export interface MarkersFile {
  take(connections: Iterable<WatchedConnection>): void
  /** Writes the file if it is due and differs; forgets what was last seen before `sinceUs`. */
  write(sinceUs: number): Promise<void>
}

/** The file is written at once, empty. @throws InterplotError ERR_OUTPUT_FILE, ERR_DISK_FULL */
export const openMarkersFile = async (path: string): Promise<MarkersFile> => {
  /** The longest unseen first. */
  const markers = new Map<string, { marker: Marker; lastUs: number }>()
  let written = ''
  const save = async (): Promise<void> => {
    const text = `${JSON.stringify([...markers.values()].map(({ marker }) => marker))}\n`
    if (text === written) return
    await writeAtomically(path, async (file) => {
      await file.writeFile(text)
    })
    written = text
  }
  await save()
  return {
    take(connections) {
      for (const { remote, local, place, lastUs } of connections) {
        if (place === null || !hasCoordinates(place)) continue
        const key = `${local}>${remote}`
        const known = markers.get(key)
        markers.delete(key)
        const marker = known?.marker ?? {
          lat: place.latitude,
          lng: place.longitude,
          ip: formatIp(remote),
          city: place.city ?? '',
          country_code: place.countryCode ?? '',
          country_name: place.country ?? '',
          zip_code: place.postalCode ?? '',
          src: formatIp(local),
        }
        markers.set(key, { marker, lastUs })
        if (markers.size > MOST_MARKERS) markers.delete(markers.keys().next().value!)
      }
    },
    async write(sinceUs) {
      for (const [key, { lastUs }] of markers) if (lastUs < sinceUs) markers.delete(key)
      await save()
    },
  }
}
