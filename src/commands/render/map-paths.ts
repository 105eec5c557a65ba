/** Traces of a results file → the paths of a map: what is a point of the line, what is only bridged, and the words beside it. */

import { isoTime } from '../../core/clock.ts'
import { InterplotError } from '../../core/errors.ts'
import { parsePoint } from '../../core/great-circle.ts'
import { formatIp, type IpAddress } from '../../core/ip.ts'
import { printableText } from '../../core/printable-text.ts'
import { countOf } from '../../core/units.ts'
import type { MapPath } from '../../render/map.ts'
import { type MapData, MOST_GROUPS, type PathPoint } from '../../render/map-data.ts'
import type { Store } from '../../store/store.ts'
import type { HopPlace, PathHop, TracePath, TraceSelection } from '../../store/trace-paths.ts'
import { hopTableOf, type Names } from './hop-rows.ts'

export interface PathWishes extends Pick<TraceSelection, 'run' | 'sinceUs' | 'untilUs'> {
  /** Ids, or how they begin. */
  traces?: readonly string[] | undefined
  maskHops?: number | undefined
}

/** Where a line may pass: an anycast address is in many places, whatever coordinates a database gives it. */
const coordinatesOf = (place: HopPlace | null): { latitude: number; longitude: number } | null => {
  if (place === null || place.latitude === null || place.longitude === null || place.state === 'anycast') return null
  return { latitude: place.latitude, longitude: place.longitude }
}

type Fixed = Omit<PathPoint, 'label' | 'rttUs' | 'bridged' | 'tooFar'>

/** What is the same of a router in every trace: thousands of traces meet it. */
const makeFixed = (names: Names): ((hop: PathHop) => Fixed | null) => {
  const known = new Map<IpAddress, Fixed | null>()
  return ({ address, place }) => {
    if (address === null || place === null) return null
    const before = known.get(address)
    if (before !== undefined) return before
    const at = coordinatesOf(place)
    const name = names.get(address)
    const country = place.country ?? place.countryCode
    const fixed: Fixed | null =
      at === null
        ? null
        : {
            ...at,
            address: formatIp(address),
            ...(name === undefined ? {} : { name }),
            ...(place.city === null ? {} : { city: place.city }),
            ...(country === null ? {} : { country }),
          }
    known.set(address, fixed)
    return fixed
  }
}

const pointOf = (fixed: Fixed, { ttl, rttUs }: PathHop): PathPoint =>
  rttUs === null ? { ...fixed, label: String(ttl) } : { ...fixed, label: String(ttl), rttUs }

/** @returns a path; its points are none where fewer than two places make no line. */
const mapPathOf = (trace: TracePath, fixedOf: (hop: PathHop) => Fixed | null, maskHops = 0): MapPath => {
  const points: PathPoint[] = []
  // Where it was traced from is where the person lives: not shown with the first hops hidden.
  const home = trace.vantage === null || maskHops > 0 ? null : parsePoint(trace.vantage)
  if (home !== null) points.push(home)
  let lastTtl: number | null = home === null ? null : 0
  for (const hop of trace.hops) {
    const fixed = fixedOf(hop)
    if (hop.ttl <= maskHops || fixed === null) continue
    const point = pointOf(fixed, hop)
    if (hop.isTooFar) {
      points.push({ ...point, tooFar: true })
      continue
    }
    // Hops that were never asked, silent ones, placeless ones: all that is known is that there are some.
    points.push(lastTtl !== null && hop.ttl > lastTtl + 1 ? { ...point, bridged: true } : point)
    lastTtl = hop.ttl
  }
  const isLine = points.length > 1 && points.filter(({ tooFar }) => tooFar !== true).length > 1
  const name = trace.targetName ?? formatIp(trace.target)
  return { name: printableText(name), points: isLine ? points : [] }
}

/** @throws InterplotError ERR_USAGE for an id that no trace has, or several begin with. */
const wholeIds = (store: Store, wanted: readonly string[]): string[] => {
  const known = store.traces().map(({ id }) => id)
  return wanted.map((text) => {
    const found = known.includes(text) ? [text] : known.filter((id) => text !== '' && id.startsWith(text.toLowerCase()))
    const [id] = found
    if (id !== undefined && found.length === 1) return id
    const few = known.slice(-5).join(', ')
    throw new InterplotError(
      'ERR_USAGE',
      found.length === 0
        ? `there is no trace ${printableText(text)} in ${store.path}`
        : `${countOf(found.length, 'trace')} in ${store.path} begin with ${printableText(text)}`,
      { advice: found.length > 0 ? 'Give more of it.' : few === '' ? 'It has none at all.' : `The last are ${few}.` },
    )
  })
}

const secondOf = (us: number): string => isoTime(us).slice(0, 19).replace('T', ' ')
const minuteOf = (us: number): string => secondOf(us).slice(0, 16)

/** What tells compared traces from each other: their target, or else when they were made. */
const comparedNames = (traces: readonly TracePath[], paths: readonly MapPath[]): string[] => {
  const names = paths.map(({ name }) => name ?? '')
  if (new Set(names).size === names.length) return names
  const times = traces.map(({ startedUs }) => minuteOf(startedUs))
  const exact = new Set(times).size === times.length ? times : traces.map(({ startedUs }) => secondOf(startedUs))
  return new Set(names).size === 1 ? exact : names.map((name, i) => `${name} ${exact[i]}`)
}

const titleOf = (names: readonly string[]): string => {
  const distinct = [...new Set(names)]
  if (distinct.length === 1) return `The way to ${distinct[0]}`
  return distinct.length === 2 ? `The ways to ${distinct[0]} and ${distinct[1]}` : `${countOf(names.length, 'trace')}`
}

/** Distinct addresses of hops that no line passes through, and why. */
const placelessHops = (traces: readonly TracePath[]): MapData['counts'] => {
  const counts = { located: 0, unlocated: 0, private: 0, anycast: 0 }
  const seen = new Set<IpAddress>()
  for (const { hops } of traces) {
    for (const { address, place } of hops) {
      if (address === null || coordinatesOf(place) !== null || seen.has(address)) continue
      seen.add(address)
      counts.unlocated += 1
      if (place?.state === 'private' || place?.state === 'anycast') counts[place.state] += 1
    }
  }
  return counts
}

/** Puts the traces of a selection on a map, and says so in its words where it shows nothing else. @throws InterplotError ERR_USAGE */
export const readPaths = (
  store: Store,
  data: MapData,
  { traces: wanted, maskHops, ...selection }: PathWishes,
): void => {
  const ids = wanted === undefined ? undefined : wholeIds(store, wanted)
  const found = store.tracePaths({ ...selection, ...(ids === undefined ? {} : { ids }) })
  if (ids !== undefined) found.sort((one, other) => ids.indexOf(one.id) - ids.indexOf(other.id))
  if (found.length === 0) return
  // Names of the hops of thousands are shown nowhere.
  const names: Names = found.length <= MOST_GROUPS ? store.hostNames() : new Map()
  const fixedOf = makeFixed(names)
  const all = found.map((trace) => mapPathOf(trace, fixedOf, maskHops))
  if (ids !== undefined && ids.length > 1 && found.length <= MOST_GROUPS) {
    const labels = comparedNames(found, all)
    data.compared = true
    data.paths = all.map((path, i) => ({ ...path, name: labels[i]! }))
  } else data.paths = all.filter(({ points }) => points.length > 0)
  if (data.points.weight.length > 0) return
  data.counts = placelessHops(found)
  data.title = titleOf(all.map(({ name }) => name ?? ''))
  const [only] = found
  if (only === undefined) return
  if (found.length > 1) {
    const times = found.map(({ startedUs }) => minuteOf(startedUs)).sort()
    const [first, last] = [times[0], times.at(-1)]
    if (ids !== undefined) data.subtitle = first === last ? `${first} UTC` : `${first} to ${last} UTC`
    return
  }
  data.hopTable = hopTableOf(only, names, maskHops)
  const hops = countOf(only.hops.findLast(({ address }) => address !== null)?.ttl ?? 0, 'hop')
  data.subtitle = `${minuteOf(only.startedUs)} UTC · ${hops}${only.reached ? '' : ' · not reached'}`
}
