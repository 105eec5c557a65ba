/** Names of the places where most addresses are. */

import type { Page } from './furniture.ts'
import { type LabelWish, placeLabels } from './label-placement.ts'
import type { MapData } from './map-data.ts'
import type { Box, MapFit } from './map-fit.ts'
import { type PlaceStack, stackPoints } from './place-stacks.ts'
import type { Layer } from './scene.ts'
import type { Theme } from './styles/contract.ts'

/** In ems: how near two named places may be. */
const DISTANCE = 2.4
const PLACE_RADIUS = 0.42

export interface LabelInput {
  readonly fit: MapFit
  readonly data: MapData
  readonly page: Page
  readonly theme: Theme
  readonly labels: number
  /** Words that lie on the map already. */
  readonly taken: readonly Box[]
}

interface Named {
  readonly stack: PlaceStack
  readonly name: string
}

/** Each name once, where most of it is. */
const namedStacks = (stacks: readonly PlaceStack[], names: readonly (string | null)[]): Named[] => {
  const found = new Map<string, Named>()
  for (const stack of stacks) {
    const name = names[stack.index]
    if (name != null && name !== '' && !found.has(name)) found.set(name, { stack, name })
  }
  return [...found.values()]
}

export const cityLabels = ({ fit, data, page, theme, labels, taken }: LabelInput): Layer[] => {
  const names = data.points.details?.city
  if (labels === 0 || names === undefined) return []
  const style = { ...page.type.small, weight: 600 }
  const em = style.size
  const named = namedStacks(stackPoints(fit, data.points, em * DISTANCE), names)
  const wishes = named.slice(0, labels).map(({ stack, name }): LabelWish => {
    const { x, y } = stack
    return { x, y, radius: em * PLACE_RADIUS, width: page.measure(name, style), height: em * 1.05 }
  })
  return placeLabels(wishes, fit.box, [...taken]).flatMap((placed, i): Layer[] => {
    if (placed === null) return []
    const text = named[i]!.name
    return [{ kind: 'text', role: 'labels', ...style, text, ...placed, colour: theme.title, halo: theme.halo }]
  })
}
