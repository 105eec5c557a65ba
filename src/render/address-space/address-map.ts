/**
 * The map of the IPv4 address space: every cell of the square is a network, its colour how many of its addresses are in the
 * data. At 4096 × 4096 pixels a cell is a /24.
 */

import { InterplotError } from '../../core/errors.ts'
import { formatIpv4, parseIpv4 } from '../../core/ip.ts'
import { SPECIAL_PURPOSE_IPV4 } from '../../core/special-purpose-registry.ts'
import { formatCount } from '../../core/units.ts'
import { rampColours } from '../colour-ramp.ts'
import { attributionBlock, countsBlock, hasWords, type Page, titleBlock, typeScaleFor } from '../furniture.ts'
import { type Legend, legendLayers, legendPlace, rampTicks } from '../legend.ts'
import type { MapData, MapOptions } from '../map-data.ts'
import type { Box } from '../map-fit.ts'
import { blendColours } from '../oklab.ts'
import { type DensityGrid, type Layer, rectangle, type Scene, type TextMeasure } from '../scene.ts'
import type { Theme } from '../styles/contract.ts'
import { equalisedScale, linearScale, type ToneScale } from '../tone-scale.ts'
import { allocationName, REGISTRIES, type Registry, registryOf } from './allocations.ts'
import { hilbertCell, type Prefix, prefixRectangle } from './hilbert-curve.ts'

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

interface Square extends Box {
  readonly prefix: Prefix
  /** Cells on each side as a power of two. */
  readonly order: number
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

/** Calls back with every cell that has addresses, and how many; addresses are in order, so a cell is a run of them. */
const eachCell = (
  addresses: Uint32Array,
  { prefix, order }: Square,
  visit: (cell: number, count: number) => void,
): void => {
  const end = prefix.first + 2 ** (32 - prefix.length)
  const perCell = 2 ** (32 - prefix.length) / 4 ** order
  let [cell, count] = [-1, 0]
  for (const address of addresses) {
    if (address < prefix.first || address >= end) continue
    const own = Math.floor((address - prefix.first) / perCell)
    if (own !== cell) {
      if (count > 0) visit(cell, count)
      cell = own
      count = 0
    }
    count += 1
  }
  if (count > 0) visit(cell, count)
}

interface CellFigures {
  readonly inside: number
  readonly cells: number
  readonly scale: ToneScale
}

const figuresOf = (addresses: Uint32Array, square: Square, tone: MapOptions['tone']): CellFigures => {
  let [most, inside, cells] = [1, 0, 0]
  eachCell(addresses, square, (_cell, count) => {
    most = Math.max(most, count)
    inside += count
    cells += 1
  })
  const scale = { low: 1, high: Math.max(most, 2), lightest: 1 }
  if (tone === 'log') return { inside, cells, scale }
  if (tone === 'linear') return { inside, cells, scale: linearScale(scale) }
  const counts = new Float32Array(cells)
  let next = 0
  eachCell(addresses, square, (_cell, count) => {
    counts[next] = count
    next += 1
  })
  return { inside, cells, scale: equalisedScale(scale, counts) }
}

/** Where cells are no whole number of pixels, some are a pixel wider than others. */
const gridOf = (addresses: Uint32Array, square: Square, { scale, cells }: CellFigures): DensityGrid => {
  const { x, y, width, height, order } = square
  const values = new Float32Array(width * height)
  const perCell = width / 2 ** order
  eachCell(addresses, square, (cell, count) => {
    const [column, row] = hilbertCell(order, cell)
    const [left, right] = [Math.floor(column * perCell), Math.floor((column + 1) * perCell)]
    for (let down = Math.floor(row * perCell); down < Math.floor((row + 1) * perCell); down += 1) {
      values.fill(count, down * width + left, down * width + right)
    }
  })
  return { x, y, width, height, values, scale, spotPixels: 1, filledPixels: cells }
}

const boxIn = (square: Square, prefix: Prefix): Box | null => {
  const found = prefixRectangle(square.prefix, prefix)
  if (found === null) return null
  const { x, y, width } = square
  return { x: x + found.x * width, y: y + found.y * width, width: found.width * width, height: found.height * width }
}

/** Blocks two steps smaller than the square's sixteenths: /8s of everything, /16s of a /8. */
const blocksOf = ({ prefix }: Square): Prefix[] => {
  const length = Math.min(32, prefix.length + 8)
  const size = 2 ** (32 - length)
  return Array.from({ length: 2 ** (length - prefix.length) }, (_, i) => ({ first: prefix.first + i * size, length }))
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

interface Name {
  readonly text: string
  readonly prefix: Prefix
}

/** `10/8`, `192.168/16`, `192.0.2.0/24` → as people write them. */
const shortPrefix = ({ first, length }: Prefix): string => {
  const bytes = formatIpv4(first).split('.')
  return `${bytes.slice(0, Math.max(1, Math.ceil(length / 8))).join('.')}/${length}`
}

const specialNames = (): Name[] =>
  SPECIAL_PURPOSE_IPV4.flatMap(({ prefix, purpose }) => {
    const [address = '', length] = prefix.split('/')
    const first = parseIpv4(address)
    return first === null ? [] : [{ text: purpose, prefix: { first, length: Number(length) } }]
  })

const contains = (outer: Prefix, inner: Prefix): boolean =>
  outer.length <= inner.length && inner.first >= outer.first && inner.first < outer.first + 2 ** (32 - outer.length)

/** What every block is called; special-purpose ranges as a whole instead of their blocks. */
const namesOf = (square: Square): { special: Name[]; blocks: Name[] } => {
  const special = specialNames().filter(({ prefix }) => contains(square.prefix, prefix))
  const blocks = blocksOf(square)
    .filter((block) => !special.some(({ prefix }) => contains(prefix, block)))
    .map((block): Name => {
      const text = block.length === 8 ? (allocationName(block.first >>> 24) ?? '') : ''
      return { text, prefix: block }
    })
  return { special, blocks }
}

const PAD_EMS = 0.35

interface Labels {
  readonly square: Square
  readonly page: Page
  readonly theme: Theme
}

/** Prefix and name in the top left corner of a range. */
const nameLayer = (
  { square, page, theme }: Labels,
  prefix: Prefix,
  texts: readonly string[],
  size: number,
): Layer[] => {
  const box = boxIn(square, prefix)
  if (box === null) return []
  const pad = size * PAD_EMS
  return texts.flatMap((text, i): Layer[] => {
    const style = { size, weight: i === 0 ? 600 : 400 }
    const y = box.y + pad + size * (0.8 + i * 1.15)
    if (text === '' || page.measure(text, style) > box.width - 2 * pad || y > box.y + box.height) return []
    const look = { colour: i === 0 ? theme.text : theme.faintText, halo: theme.halo }
    return [{ kind: 'text', role: 'labels', ...style, text, x: box.x + pad, y, align: 'left', ...look }]
  })
}

/** All blocks are named alike: by prefix where that has room in each of them, by their last byte, or not at all. */
const blockLabels = (labels: Labels, blocks: readonly Name[]): Layer[] => {
  const { square, page } = labels
  const side = square.width / 16
  const size = Math.max(page.type.small.size * 0.62, Math.min(page.type.small.size * 1.1, side * 0.16))
  const room = side - 2 * size * PAD_EMS
  const fits = (texts: readonly string[], weight: number): boolean =>
    texts.every((text) => page.measure(text, { size, weight }) <= room)
  const prefixes = blocks.map(({ prefix }) => shortPrefix(prefix))
  const short = prefixes.map((text) => text.split('/')[0]!.split('.').at(-1)!)
  const wholeBytes = blocks.every(({ prefix }) => prefix.length % 8 === 0)
  const shown = fits(prefixes, 600) ? prefixes : wholeBytes && fits(short, 600) ? short : null
  if (shown === null) return []
  const named = side > size * 3 && fits(Object.values(REGISTRIES), 400)
  return blocks.flatMap(({ prefix, text }, i) => nameLayer(labels, prefix, [shown[i]!, ...(named ? [text] : [])], size))
}

const nameLayers = (labels: Labels): Layer[] => {
  const { square, page } = labels
  const { special, blocks } = namesOf(square)
  const ranges = special.flatMap(({ prefix, text }) => {
    const side = boxIn(square, prefix)?.width ?? 0
    const size = Math.max(page.type.small.size * 0.62, Math.min(page.type.small.size * 1.1, side * 0.13))
    return nameLayer(labels, prefix, [shortPrefix(prefix), text], size)
  })
  return [...ranges, ...blockLabels(labels, blocks)]
}

const specialOutlines = (square: Square, theme: Theme, hairline: number): Layer[] =>
  specialNames().flatMap(({ prefix }): Layer[] => {
    const box = boxIn(square, prefix)
    if (box === null || box.width < 4 * hairline) return []
    const outline = rectangle(box.x, box.y, box.width, box.height)
    return [{ kind: 'shape', role: 'borders', outline, stroke: { colour: theme.border, width: hairline * 1.5 } }]
  })

const registryLegend = (page: Page, theme: Theme, x: number, bottom: number): Layer[] => {
  const { size } = page.type.small
  return (Object.keys(REGISTRIES) as Registry[]).toReversed().flatMap((registry, row): Layer[] => {
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
    ...registryLegend(
      page,
      theme,
      page.type.margin,
      page.height - page.type.margin - place.height - page.type.small.size * 2,
    ),
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
  const legend: Legend = {
    kind: 'bar',
    heading: perCell === 1 ? 'Each cell is an address' : `Addresses in a ${cellName}`,
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
