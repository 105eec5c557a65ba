/** Maps that tests draw. */

import { randomStream } from '../../src/core/random.ts'
import type { MapData, MapPath, MapPoints } from '../../src/render/map.ts'

export const toPoints = (
  rows: readonly (readonly [latitude: number, longitude: number, weight: number])[],
): MapPoints => ({
  latitude: Float64Array.from(rows, (row) => row[0]),
  longitude: Float64Array.from(rows, (row) => row[1]),
  weight: Float64Array.from(rows, (row) => row[2]),
})

/** Points around 60 places, denser around some of them. */
export const clusteredPoints = (seed: string, count: number): MapPoints => {
  const random = randomStream(seed, 'points')
  const places = Array.from(
    { length: 60 },
    () => [random.nextFloat() * 120 - 50, random.nextFloat() * 350 - 175] as const,
  )
  return toPoints(
    Array.from({ length: count }, () => {
      const [north, east] = places[Math.floor(random.nextFloat() ** 2 * places.length)]!
      return [north + random.nextFloat() * 2 - 1, east + random.nextFloat() * 3 - 1.5, 1]
    }),
  )
}

export const pathOf = (...points: readonly (readonly [latitude: number, longitude: number])[]): MapPath => ({
  points: points.map(([latitude, longitude], i) => ({ latitude, longitude, label: String(i + 1) })),
})

export const BERLIN_TO_SYDNEY = pathOf(
  [52.52, 13.4],
  [40.71, -74.01],
  [34.05, -118.24],
  [35.68, 139.69],
  [-33.87, 151.21],
)

export const mapData = (change: Partial<MapData> = {}): MapData => ({
  points: clusteredPoints('map', 2000),
  paths: [],
  counts: { located: 2000, unlocated: 7 },
  title: 'Who answered',
  subtitle: 'tcp-syn port 443, 2025-11-20',
  attributions: ['IP Geolocation by DB-IP'],
  addresses: Uint32Array.of(0x01010101, 0x08080808, 0x08080809, 0xc6336401),
  ...change,
})
