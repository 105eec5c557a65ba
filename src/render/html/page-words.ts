/** The words that stand around the map of a page, as lines of plain text. */

import { formatCount } from '../../core/units.ts'
import { countedWord, type MapData } from '../map-data.ts'
import type { PackedPoints } from './point-packing.ts'

export interface PageWords {
  readonly title: string
  readonly subtitle: string
  /** The large number, what it counts, and what is odd about it. */
  readonly figure: string
  readonly figureLabel: string
  readonly remarks: readonly string[]
  readonly attributions: readonly string[]
  /** For those who cannot see the map. */
  readonly description: string
  /** Said on the map when there is nothing to show. */
  readonly nothing: string | null
}

const listed = (parts: readonly (readonly [count: number, words: string])[]): string[] =>
  parts.filter(([count]) => count > 0).map(([count, words]) => `${formatCount(count)} ${words}`)

export const pageWords = (data: MapData, points: PackedPoints, paths: number): PageWords => {
  const { located, approximate = 0, private: nobodys = 0, anycast = 0, placedAnycast = 0 } = data.counts
  const unlocated = data.counts.unlocated - nobodys - anycast
  // A page of nothing but traces counts them.
  const tracesOnly = located === 0 && paths > 0
  const figure = tracesOnly ? paths : located
  const label = tracesOnly ? (paths === 1 ? 'trace' : 'traces') : `${countedWord(data.counted, located)} located`
  const remarks = listed([
    [unlocated, 'without a place'],
    [approximate, 'only approximately'],
    [nobodys, 'private'],
    [anycast + placedAnycast, 'anycast'],
    [points.notOnEarth, 'left out: not on Earth'],
    [points.polar, 'not shown: beyond 85° north or south'],
  ])
  const shown = points.records === 0 && paths === 0
  return {
    title: data.title,
    subtitle: data.subtitle,
    figure: formatCount(figure),
    figureLabel: label,
    remarks,
    attributions: [...data.attributions, 'Map data: Natural Earth'],
    description: [data.title, data.subtitle, `${formatCount(figure)} ${label}`, ...remarks]
      .filter((part) => part !== '')
      .join('. '),
    nothing: shown ? `No ${countedWord(data.counted, 1)} with a place` : null,
  }
}
