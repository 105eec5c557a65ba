/** Which legend belongs to the map: colours of groups or of a scale, of countries or of the density, or sizes. */

import { kmPerPixelAt } from '../html/web-mercator.ts'
import { markRadius } from './circle-size.ts'
import { LegendPanel } from './legend-panel.ts'
import type { MapContent } from './map-content.ts'
import type { MapView } from './map-view.ts'
import type { PageContent } from './page-reader.ts'
import type { ZoomLook } from './zoom-scale.ts'

/**
 * @param showGroups is told which groups are switched on.
 * @returns what is to be called when the zoom rests.
 */
export const makeLegend = (
  { header }: PageContent,
  { layer, countries, places }: MapContent,
  root: HTMLElement,
  showGroups: (visible: readonly boolean[]) => void,
): ((look: ZoomLook, view: MapView) => void) => {
  const panel = new LegendPanel(root, header)
  const { colouring, records } = header
  if (countries !== null) {
    if (countries.ticks.length > 0) panel.showScale(countries.heading, countries.ticks)
    return () => undefined
  }
  if (records === 0) return () => undefined
  if (colouring?.kind === 'scale') panel.showScale(colouring.title, colouring.ticks)
  if (colouring?.kind === 'groups') panel.showGroups(showGroups)
  if (colouring !== undefined || layer === 'dots') return () => undefined
  if (places !== null) {
    return (_look, view) => {
      const most = places(view.size).places[0]?.weight ?? 1
      panel.showSizes(most, (amount) => markRadius(amount, most))
    }
  }
  return (look, view) => {
    const ratio = Math.min(2, window.devicePixelRatio || 1)
    panel.showDensity(look, (Math.SQRT2 * look.spotPixels * kmPerPixelAt(view.y, view.size)) / ratio)
  }
}
