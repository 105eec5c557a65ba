/** Names of the places where most addresses are. */

import type { Page } from './furniture.ts'
import { type LabelWish, placeLabels, textBoxes } from './label-placement.ts'
import type { MapData } from './map-data.ts'
import type { Box, MapFit } from './map-fit.ts'
import { type PlaceStack, stackPoints } from './place-stacks.ts'
import type { Layer } from './scene.ts'
import type { Theme } from './styles/contract.ts'

/** In ems: how near two named places may be. */
const DISTANCE = 2.4
const PLACE_RADIUS = 0.42
/** Between a mark and the name beside it. */
const MARK_GAP = 0.25

export interface LabelInput {
  readonly fit: MapFit
  readonly data: MapData
  readonly page: Page
  readonly theme: Theme
  readonly labels: number
  /** Words that lie on the map already. */
  readonly taken: readonly Box[]
  /** Marks with an extent that show the points. */
  readonly marks: readonly Layer[]
  canShow(name: string): boolean
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

interface Circle {
  readonly x: number
  readonly y: number
  readonly radius: number
}

const circlesOf = (marks: readonly Layer[]): Circle[] =>
  marks.flatMap((mark) => {
    if (mark.kind !== 'dots') return []
    const { centres, radius, radii } = mark
    return Array.from({ length: centres.length / 2 }, (_, i) => {
      return { x: centres[2 * i]!, y: centres[2 * i + 1]!, radius: radii?.[i] ?? radius }
    })
  })

/** How far a name stays from its place: beside the marks that cover it. */
const clearance = (circles: readonly Circle[], x: number, y: number, em: number): number => {
  let least = em * PLACE_RADIUS
  for (const circle of circles) {
    const distance = Math.hypot(circle.x - x, circle.y - y)
    if (distance < circle.radius) least = Math.max(least, distance + circle.radius + em * MARK_GAP)
  }
  return least
}

export const cityLabels = ({ fit, data, page, theme, labels, taken, marks, canShow }: LabelInput): Layer[] => {
  const names = data.points.details?.city
  if (labels === 0 || names === undefined) return []
  const style = { ...page.type.small, weight: 600 }
  const em = style.size
  const named = namedStacks(stackPoints(fit, data.points, em * DISTANCE), names).filter(({ name }) => canShow(name))
  const circles = circlesOf(marks)
  const wishes = named.slice(0, labels).map(({ stack, name }): LabelWish => {
    const { x, y } = stack
    return { x, y, radius: clearance(circles, x, y, em), width: page.measure(name, style), height: em * 1.05 }
  })
  return placeLabels(wishes, fit.box, [...taken, ...textBoxes(marks, page.measure)]).flatMap((placed, i): Layer[] => {
    if (placed === null) return []
    const text = named[i]!.name
    return [{ kind: 'text', role: 'labels', ...style, text, ...placed, colour: theme.title, halo: theme.halo }]
  })
}
