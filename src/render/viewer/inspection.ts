/** What lies at a point of the map, as words. */

import { formatCount } from '../../core/units.ts'
import { type PageHeader, POSITIONS } from '../html/page-format.ts'
import { countedWord } from '../map-data.ts'
import { recordRing } from './accuracy-set.ts'
import { circleRadius, markRadius } from './circle-size.ts'
import { findCountry } from './country-inspection.ts'
import type { CountrySet } from './country-set.ts'
import { eastwards, type Finding, joined } from './finding.ts'
import { findHops } from './hop-inspection.ts'
import type { PathSet } from './path-set.ts'
import type { Place, PlaceSet } from './place-set.ts'
import { type PointStore, runsWithin } from './point-store.ts'

/** How far from the pointer things are still meant, CSS pixels. */
const REACH = 7
const MOST_LINES = 3

export interface Inspected {
  readonly header: PageHeader
  readonly store: PointStore
  readonly paths: PathSet
  readonly countries: CountrySet | null
  /** Marks of places, by the width of the world in CSS pixels; null where there are none. */
  readonly places: ((worldCss: number) => PlaceSet) | null
  isShown(record: number): boolean
  /** Whether the record is drawn as a circle. */
  isAlone(record: number): boolean
}

/** Records of the mark under the pointer; several may lie over each other, of which the smallest is on top. */
const markedRecords = (
  inspected: Inspected,
  x: number,
  y: number,
  size: number,
): { mark: Place; records: number[] } | null => {
  const set = inspected.places?.(size)
  if (set === undefined) return null
  const most = set.places[0]?.weight ?? 1
  const dots = inspected.header.layer === 'dots'
  const number = set.places.findLastIndex((mark) => {
    const far = Math.hypot(eastwards(x, mark.x), mark.y - y) * size
    return far <= (dots ? REACH : Math.max(REACH - 2, markRadius(mark.weight, most)))
  })
  if (number < 0) return null
  const records: number[] = []
  for (let i = 0; i < set.placeOf.length; i += 1) if (set.placeOf[i] === number + 1) records.push(i)
  return { mark: set.places[number]!, records }
}

/** Records under the pointer: those of the nearest place if it is a circle, or all within reach. */
const recordsNear = (inspected: Inspected, x: number, y: number, size: number): number[] => {
  const { store } = inspected
  const perStep = size / POSITIONS
  const [east, south] = [(x - Math.floor(x)) * POSITIONS, y * POSITIONS]
  const reach = 24 / perStep
  const near: number[] = []
  let nearest: { record: number; far: number } | null = null
  const runs = runsWithin(store, east - reach, south - reach, east + reach, south + reach)
  for (let r = 0; r < runs.length; r += 2) {
    for (let i = runs[r]!; i < runs[r + 1]!; i += 1) {
      if (!inspected.isShown(i)) continue
      const far = Math.hypot(store.x[i]! + 0.5 - east, store.y[i]! + 0.5 - south) * perStep
      if (far > (inspected.isAlone(i) ? Math.max(REACH, circleRadius(store.weight[i]!)) : REACH)) continue
      near.push(i)
      if (inspected.isAlone(i) && far < (nearest?.far ?? Infinity)) nearest = { record: i, far }
    }
  }
  if (nearest === null) return near
  const { record } = nearest
  return near.filter((i) => store.x[i] === store.x[record] && store.y[i] === store.y[record])
}

/** Amounts by number, the largest first. */
const ranked = (records: readonly number[], numbers: Uint32Array, weight: Float64Array): [number, number][] => {
  const sums = new Map<number, number>()
  for (const i of records) sums.set(numbers[i]!, (sums.get(numbers[i]!) ?? 0) + weight[i]!)
  return [...sums].sort((a, b) => b[1] - a[1])
}

const placeTitle = ({ header }: Inspected, cities: readonly [number, number][]): string => {
  const named = cities.filter(([city]) => city > 0)
  if (named.length === 0) return ''
  const [name, country] = header.cities[named[0]![0]]!
  const rest = named.length - 1
  return `${joined([name, header.countries[country]], ', ')}${rest === 0 ? '' : ` and ${formatCount(rest)} more`}`
}

const networkLines = ({ header }: Inspected, networks: readonly [number, number][]): string[] => {
  const named = networks.filter(([network]) => network > 0)
  const lines = named.slice(0, MOST_LINES).map(([network, amount]) => {
    const [asn, organization] = header.networks[network]!
    const name = joined([asn === 0 ? '' : `AS${asn}`, organization], ' ')
    return networks.length === 1 ? name : `${name} · ${formatCount(amount)}`
  })
  const rest = named.length - lines.length
  return rest > 0 ? [...lines, `and ${formatCount(rest)} more ${rest === 1 ? 'network' : 'networks'}`] : lines
}

const formatDegrees = (latitude: number, longitude: number): string =>
  `${Math.abs(latitude).toFixed(2)}° ${latitude < 0 ? 'S' : 'N'}, ${Math.abs(longitude).toFixed(2)}° ${longitude < 0 ? 'W' : 'E'}`

const findPoints = (inspected: Inspected, x: number, y: number, size: number, coordinates: string): Finding | null => {
  const { store, header } = inspected
  const marked = markedRecords(inspected, x, y, size)
  if (marked === null && inspected.places !== null) return null
  const records = marked?.records ?? recordsNear(inspected, x, y, size)
  if (records.length === 0) return null
  const total = records.reduce((sum, i) => sum + store.weight[i]!, 0)
  const heaviest = records.reduce((best, i) => (store.weight[i]! > store.weight[best]! ? i : best))
  const same = records.every((i) => store.x[i] === store.x[heaviest] && store.y[i] === store.y[heaviest])
  const address = records.length === 1 ? (store.addresses[heaviest] ?? '') : ''
  const amount = Number.isInteger(total) ? formatCount(total) : total.toPrecision(3)
  const { colouring } = header
  const group = colouring?.kind === 'groups' ? colouring.groups[store.colour[heaviest]!]?.label : undefined
  const title = placeTitle(inspected, ranked(records, store.city, store.weight))
  const ring = same ? recordRing(store, heaviest) : null
  const place = marked === null ? {} : { x: marked.mark.x, y: marked.mark.y }
  const most = inspected.places?.(size).places[0]?.weight ?? 1
  return {
    x: same ? (store.x[heaviest]! + 0.5) / POSITIONS : x,
    y: same ? (store.y[heaviest]! + 0.5) / POSITIONS : y,
    ...place,
    radius:
      marked !== null
        ? header.layer === 'dots'
          ? 5
          : markRadius(marked.mark.weight, most) + 2.5
        : same && inspected.isAlone(heaviest)
          ? circleRadius(total) + 2.5
          : same
            ? 5
            : REACH,
    title: title === '' ? coordinates : title,
    lines: [
      address === '' ? `${amount} ${countedWord(header.counted, total)}` : address,
      ...networkLines(inspected, ranked(records, store.network, store.weight)),
      group === undefined ? '' : `${colouring?.title}: ${group}`,
      ring === null ? '' : `somewhere within ${formatCount(store.accuracy[heaviest]!)} km`,
    ].filter((line) => line !== ''),
    ...(ring === null ? {} : { around: [ring] }),
  }
}

/** @param x, y of the world. @param size of the world, CSS pixels. @param position of the point, degrees. */
export const inspect = (
  inspected: Inspected,
  at: { readonly x: number; readonly y: number; readonly size: number },
  position: { readonly latitude: number; readonly longitude: number },
): Finding | null =>
  findHops(inspected.paths, at.x, at.y, at.size) ??
  (inspected.countries !== null
    ? findCountry(inspected.countries, at.x, at.y, at.size)
    : findPoints(inspected, at.x, at.y, at.size, formatDegrees(position.latitude, position.longitude)))
