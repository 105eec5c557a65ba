/** Everything that the map of a page shows, from the page's data. */

import { AccuracyRings } from './accuracy-set.ts'
import { ArcSet } from './arc-set.ts'
import { citiesOf } from './city-list.ts'
import { CityNames } from './city-names.ts'
import { CountrySet } from './country-set.ts'
import type { MapContent } from './map-content.ts'
import { OutlineSet, readOutlines } from './outline-set.ts'
import type { PageContent } from './page-reader.ts'
import { readPaths } from './path-set.ts'
import { MARK_DISTANCE, Places } from './place-set.ts'
import { inOklab, pointCss } from './point-look.ts'
import { readPoints } from './point-store.ts'
import { Visibility } from './visibility.ts'

export interface PageMap {
  readonly content: MapContent
  readonly visibility: Visibility
  /** After a change of what is visible. */
  update(): void
}

export const makePageMap = (page: PageContent): PageMap => {
  const { header, columns } = page
  const store = readPoints(page)
  const visibility = new Visibility(store, header.frames)
  const css = pointCss(page)
  const countries = header.areas === undefined ? null : new CountrySet(header, columns.areas)
  const arcs = header.arcsTo === undefined ? null : new ArcSet(store, header.arcsTo)
  const rings = new AccuracyRings(store)
  const distance = MARK_DISTANCE[header.layer]
  const places = distance === undefined ? null : new Places(store, distance)
  const update = (): void => {
    const { test } = visibility
    if (header.frames !== undefined) countries?.showFrame(visibility.frame)
    arcs?.show(test)
    rings.show(test)
    places?.show(test)
  }
  if (visibility.test !== null) update()
  const content: MapContent = {
    theme: header.theme,
    layer: header.layer,
    graticule: header.graticule,
    store,
    density: {
      theme: header.theme,
      colours: css === null ? null : inOklab(css),
      css,
      shown: () => visibility.test,
    },
    land: new OutlineSet(columns.land),
    borders: new OutlineSet(columns.borders),
    lakes: new OutlineSet(columns.lakes),
    countries,
    night: readOutlines(columns.night, header.night),
    arcs,
    rings: () => rings.lines,
    places: places === null ? null : (worldCss) => places.at(worldCss),
    cityNames: header.labels === 0 ? null : new CityNames(citiesOf(store, header.cities), header.labels),
    paths: readPaths(header.paths),
  }
  return { content, visibility, update }
}
