/** What the colours of traces mean, where a map shows nothing else that needs a legend. */

import type { Legend, LegendShape } from './legend.ts'
import type { MapData } from './map-data.ts'
import { bundleLegend, isBundle } from './path-bundle.ts'
import { linePoints } from './path-legs.ts'
import type { Theme } from './styles/contract.ts'

/** Null where the colours need no words. */
export const pathLegendShape = ({ paths, compared }: MapData): LegendShape | null => {
  if (compared === true && paths.length > 0) return { rows: paths.length }
  return isBundle(paths.length) ? { rows: 0 } : null
}

export const pathLegend = ({ paths, compared }: MapData, theme: Theme): Legend | null => {
  if (compared === true && paths.length > 0) {
    const entries = paths.map((path, i) => ({
      label: path.name ?? '',
      count: linePoints(path).length,
      colour: theme.groups[i % theme.groups.length]!,
    }))
    return { kind: 'groups', heading: 'Hops with a place', entries }
  }
  return isBundle(paths.length) ? bundleLegend(paths, theme) : null
}
