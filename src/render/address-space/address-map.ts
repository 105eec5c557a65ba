/**
 * The map of the IPv4 address space: every cell of the square is a network, its colour how many of its addresses are in the
 * data. At 4096 × 4096 pixels a cell is a /24.
 */

import { InterplotError } from '../../core/errors.ts'
import { formatIpv4 } from '../../core/ip.ts'
import { formatCount } from '../../core/units.ts'
import { rampColours } from '../colour-ramp.ts'
import { attributionBlock, countsBlock, hasWords, type Page, titleBlock, typeScaleFor } from '../furniture.ts'
import { type Legend, legendLayers, legendPlace, rampTicks } from '../legend.ts'
import type { MapData, MapOptions } from '../map-data.ts'
import { blendColours } from '../oklab.ts'
import { type Layer, rectangle, type Scene, type TextMeasure } from '../scene.ts'
import type { Theme } from '../styles/contract.ts'
import { figuresOf, gridOf } from './address-cells.ts'
import { nameLayers, shortPrefix, specialOutlines } from './address-names.ts'
import { blocksOf, boxIn, type Square } from './address-square.ts'
import { REGISTRIES, type Registry, registryOf } from './allocations.ts'
import type { Prefix } from './hilbert-curve.ts'

const MAP_SOURCE = 'Allocations: IANA IPv4 Address Space Registry'
const MOST_ORDER = 16
/** A picture whose sides differ by less has no room for words beside a square. */
const LEAST_PANEL = 0.22
/** How strongly a registry's colour tints its blocks, of 20 steps. */
const TINT_STEPS = 20
const TINT = 3
const REGISTRY_COLOURS: Readonly<Record<Registry, number>> = { A: 1, R: 0, P: 3, L: 2, F: 4 }

export interface AddressMapInput {
  readonly data: MapData
  readonly options: MapOptions
  readonly theme: Theme
  readonly measure: TextMeasure
  readonly wordless: boolean
}

/** @throws InterplotError ERR_USAGE for a prefix whose picture would be no square. */
const checkPrefix = ({ first, length }: Prefix): void => {
  if (length % 2 === 0 && length >= 0 && length <= 24 && first % 2 ** (32 - length) === 0) return
  throw new InterplotError('ERR_USAGE', `${formatIpv4(first)}/${length} cannot fill a map of the address space`, {
    advice: 'The prefix must have an even length from 0 to 24, like 10.0.0.0/8 or 192.0.2.0/24, and no bits after it.',
  })
}

/** The largest square that the picture holds, in its middle. */
const layOut = ({ options, wordless }: AddressMapInput, margin: number, worded: boolean): Square => {
  const { width, height, prefix } = options
  const free = wordless || !worded ? 0 : margin
  const side = Math.min(width, height) - 2 * free
  const order = Math.min(MOST_ORDER, (32 - prefix.length) / 2, Math.floor(Math.log2(side)))
  const [x, y] = [Math.round((width - side) / 2), Math.round((height - side) / 2)]
  return { prefix, order, x, y, width: side, height: side }
}

const tintOf = (theme: Theme, { first, length }: Prefix): string => {
  const registry = length >= 8 ? registryOf(first >>> 24) : null
  return registry === null
    ? theme.ocean.length === 7
      ? theme.ocean
      : theme.background
    : blendColours(theme.halo, theme.groups[REGISTRY_COLOURS[registry]]!, TINT_STEPS)[TINT]!
}

const groundLayers = (square: Square, theme: Theme, hairline: number): Layer[] => {
  const blocks = blocksOf(square)
  const ground = blocks.flatMap((block): Layer[] => {
    const box = boxIn(square, block)
    if (box === null) return []
    const outline = rectangle(box.x, box.y, box.width, box.height)
    return [{ kind: 'shape', role: 'land', outline, fill: tintOf(theme, block) }]
  })
  const grid = blocks.flatMap((block): Layer[] => {
    const box = boxIn(square, block)
    if (box === null) return []
    const outline = rectangle(box.x, box.y, box.width, box.height)
    return [{ kind: 'shape', role: 'graticule', outline, stroke: { colour: theme.graticule, width: hairline } }]
  })
  return [...ground, ...grid]
}

/** Registries that have a block in the square. */
const shownRegistries = (square: Square): Registry[] => {
  const shown = new Set(
    blocksOf(square).flatMap(({ first, length }) => (length >= 8 ? (registryOf(first >>> 24) ?? []) : [])),
  )
  return (Object.keys(REGISTRIES) as Registry[]).filter((registry) => shown.has(registry))
}

const registryLegend = (page: Page, theme: Theme, square: Square, bottom: number): Layer[] => {
  const { size } = page.type.small
  const x = page.type.margin
  return shownRegistries(square)
    .toReversed()
    .flatMap((registry, row): Layer[] => {
      const y = bottom - row * size * 1.6
      const fill = theme.groups[REGISTRY_COLOURS[registry]]!
      return [
        {
          kind: 'dots',
          role: 'legend',
          centres: Float32Array.of(x + size * 0.4, y - size * 0.33),
          radius: size * 0.4,
          fill,
        },
        {
          ...{ kind: 'text', role: 'legend', ...page.type.small, text: REGISTRIES[registry], x: x + size * 1.3, y },
          ...{ align: 'left', colour: theme.text },
        },
      ]
    })
}

const wordLayers = (
  { data, theme }: AddressMapInput,
  page: Page,
  square: Square,
  { legend, inside }: { legend: Legend | null; inside: number },
): Layer[] => {
  const panel = { ...page, width: square.x - page.type.margin / 2 }
  const shown = { ...data, counts: { located: inside, unlocated: 0 }, attributions: [], paths: [] }
  const place = {
    ...legendPlace(panel, { rows: 0 }),
    width: Math.min(page.type.small.size * 22, panel.width - page.type.margin * 1.5),
  }
  const outside = (data.addresses?.length ?? 0) - inside
  const counts = countsBlock(page, shown, { notOnEarth: 0, outside })
  const attribution = attributionBlock(page, [...shown.attributions, MAP_SOURCE], panel.width - page.type.margin)
  return [
    ...titleBlock(panel, data, 0.94, 4).texts,
    ...counts.texts.map((text) => ({ ...text, text: text.text.replace(' located', '') })),
    ...attribution.texts,
    ...(legend === null ? [] : legendLayers(page, place, legend)),
    ...registryLegend(page, theme, square, page.height - page.type.margin - place.height - page.type.small.size * 2),
  ]
}

const NOTHING = 'No address here'

const emptyNote = ({ type, measure }: Page, { x, y, width }: Square, theme: Theme): Layer[] => {
  const style = type.subtitle
  if (measure(NOTHING, style) > width) return []
  const look = { colour: theme.title, halo: theme.halo }
  return [
    {
      kind: 'text',
      role: 'words',
      ...style,
      text: NOTHING,
      x: x + width / 2,
      y: y + width / 2,
      align: 'center',
      ...look,
    },
  ]
}

/** @throws InterplotError ERR_USAGE without addresses, or for a prefix that is none. */
export const composeAddressMap = (input: AddressMapInput): Scene => {
  const { data, options, theme, measure, wordless } = input
  const { width, height, prefix } = options
  checkPrefix(prefix)
  if (data.addresses === undefined) {
    throw new InterplotError('ERR_USAGE', 'a map of the address space needs addresses, and the input has none', {
      advice: 'Give a results file, or a table with a column of addresses (ip, saddr or address).',
    })
  }
  const page: Page = { width, height, type: typeScaleFor(width, height), measure, colours: theme }
  const beside = (width - height) / width >= LEAST_PANEL
  const worded = !wordless && hasWords(width, height) && beside
  const square = layOut(input, page.type.margin, worded)
  const perCell = 2 ** (32 - prefix.length) / 4 ** square.order
  const figures = figuresOf(data.addresses, square, options.tone)
  const { inside, scale } = figures
  const { ramp, blend } = theme
  const { hairline } = page.type
  const cellName = `/${prefix.length + 2 * square.order}`
  const legend: Legend =
    perCell === 1
      ? {
          kind: 'groups',
          heading: 'Each cell is an address',
          entries: [{ label: 'in the data', count: inside, colour: rampColours(ramp, 2)[0]! }],
        }
      : {
          kind: 'bar',
          heading: `Addresses in a ${cellName}`,
          colours: rampColours(ramp, 24),
          ticks: rampTicks(scale),
        }
  const edge = rectangle(square.x, square.y, square.width, square.height)
  const layers: Layer[] = [
    ...groundLayers(square, theme, hairline),
    { kind: 'density', role: 'points', grid: gridOf(data.addresses, square, figures), ramp, blend, bloom: 0 },
    ...specialOutlines(square, theme, hairline),
    { kind: 'shape', role: 'edge', outline: edge, stroke: { colour: theme.sphereEdge, width: hairline * 1.5 } },
    ...nameLayers({ square, page, theme }),
    ...(inside === 0 ? emptyNote(page, square, theme) : []),
    ...(worded ? wordLayers(input, page, square, { legend: inside === 0 ? null : legend, inside }) : []),
  ]
  const description = `${data.title}: ${formatCount(inside)} addresses in ${shortPrefix(prefix)}.`
  return { title: data.title, description, width, height, background: theme.background, layers }
}
