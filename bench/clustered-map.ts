/** What the benches of maps draw: points around 3000 places of very different size. */

import { randomStream } from '../src/core/random.ts'
import type { MapData } from '../src/render/map.ts'

/** @param spread `random`: anywhere instead, evenly in degrees. */
export const clusteredMap = (count: number, spread: 'clustered' | 'random' = 'clustered'): MapData => {
  const random = randomStream('bench', 'render')
  const places = Array.from(
    { length: 3000 },
    () => [random.nextFloat() * 130 - 55, random.nextFloat() * 360 - 180] as const,
  )
  const latitude = new Float64Array(count)
  const longitude = new Float64Array(count)
  for (let i = 0; i < count; i += 1) {
    if (spread === 'random') {
      latitude[i] = random.nextFloat() * 168 - 84
      longitude[i] = random.nextFloat() * 360 - 180
      continue
    }
    const [north, east] = places[Math.floor(random.nextFloat() ** 3 * places.length)]!
    latitude[i] = north + (random.nextFloat() - 0.5) * random.nextFloat()
    longitude[i] = Math.min(180, Math.max(-180, east + (random.nextFloat() - 0.5) * random.nextFloat()))
  }
  return {
    points: { latitude, longitude, weight: new Float64Array(count).fill(1) },
    paths: [],
    counts: { located: count, unlocated: 0 },
    title: 'Benchmark',
    subtitle: `${count} points`,
    attributions: [],
  }
}
