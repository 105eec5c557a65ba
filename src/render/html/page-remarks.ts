/** What of the options a page leaves out, said in a line each. */

import { DEFAULT_MAP_OPTIONS, type MapData, type MapOptions } from '../map-data.ts'
import { pageLayer } from './page-data.ts'
import { MOST_ADDRESSES } from './point-packing.ts'

/** What a page is in, and what nobody asked for. */
const PAGE_PROJECTIONS = ['mercator', DEFAULT_MAP_OPTIONS.projection]

export const pageRemarks = (data: MapData, options: MapOptions, layer: string): string[] => {
  const { projection, labels, accuracy, backdrop } = options
  const { details, accuracyKm, weight } = data.points
  const lines: string[] = []
  const shown = pageLayer(layer)
  if (shown !== layer) lines.push(`a page shows the density instead of ${layer}`)
  if (projection === 'hilbert') lines.push('a page shows the Earth, not the address space')
  else if (!PAGE_PROJECTIONS.includes(projection)) lines.push(`a page is in Web Mercator, not in ${projection}`)
  if (backdrop !== undefined) lines.push('a page draws its own land: the tiles are left out')
  if (labels > 0 && details?.city.some((city) => city !== null && city !== '') !== true) {
    lines.push('no city is named: the input does not say any')
  }
  if (accuracy && accuracyKm?.some((km) => km > 0) !== true) {
    lines.push('no accuracy is shown: the input does not say any')
  }
  if (details?.address !== undefined && weight.length > MOST_ADDRESSES) {
    lines.push('addresses are counted by place and network: there are too many to list in a page')
  }
  return lines
}
