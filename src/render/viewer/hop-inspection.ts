/** What a hop of a trace is, as words. */

import { formatCount } from '../../core/units.ts'
import { eastwards, type Finding, joined } from './finding.ts'
import type { Hop, PathSet } from './path-set.ts'

/** How far from the pointer a hop is still meant, CSS pixels. */
const HOP_REACH = 9

const describeHop = (hops: readonly Hop[]): Finding => {
  const [first] = hops as readonly [Hop, ...Hop[]]
  const { point, path, isVantage } = first
  const place = joined([point.city, point.country], ', ')
  const what = isVantage ? 'Vantage point' : point.label === undefined ? 'Hop' : `Hop ${point.label}`
  const own = hops.filter((hop) => hop.path === path).map((hop) => hop.point.label)
  const others = new Set(hops.map((hop) => hop.path)).size - 1
  const lines = [
    place === '' ? '' : isVantage || own.length < 2 ? what : `Hops ${joined(own, ', ')}`,
    joined([point.address, point.rttUs === undefined ? '' : `${(point.rttUs / 1000).toFixed(1)} ms`], ' · '),
    point.name ?? '',
    point.tooFar === true ? 'too far for that time: the place is wrong' : '',
    point.bridged === true ? 'the hops before it have no place' : '',
    path.name === undefined ? '' : `on the way to ${path.name}`,
    others > 0 ? `and ${formatCount(others)} other ${others === 1 ? 'trace' : 'traces'}` : '',
  ]
  return {
    x: first.x,
    y: first.y,
    radius: 8,
    title: place === '' ? what : place,
    lines: lines.filter((line) => line !== ''),
  }
}

export const findHops = (paths: PathSet, x: number, y: number, size: number): Finding | null => {
  const near = paths.hops
    .map((hop) => ({ hop, far: Math.hypot(eastwards(x, hop.x), hop.y - y) * size }))
    .filter(({ far }) => far <= HOP_REACH)
    .sort((a, b) => a.far - b.far)
  const nearest = near[0]?.hop
  if (nearest === undefined) return null
  return describeHop(near.map(({ hop }) => hop).filter((hop) => hop.x === nearest.x && hop.y === nearest.y))
}
