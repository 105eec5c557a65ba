/** What networks are called on the map of the address space: special-purpose ranges, allocations, prefixes. */

import { formatIpv4, parseIpv4 } from '../../core/ip.ts'
import { SPECIAL_PURPOSE_IPV4 } from '../../core/special-purpose-registry.ts'
import type { Page } from '../furniture.ts'
import { type Layer, rectangle } from '../scene.ts'
import type { Theme } from '../styles/contract.ts'
import { blocksOf, boxIn, type Square } from './address-square.ts'
import { allocationName, REGISTRIES } from './allocations.ts'
import type { Prefix } from './hilbert-curve.ts'

interface Name {
  readonly text: string
  readonly prefix: Prefix
}

/** `10/8`, `192.168/16`, `192.0.2.0/24` → as people write them. */
export const shortPrefix = ({ first, length }: Prefix): string => {
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

export const nameLayers = (labels: Labels): Layer[] => {
  const { square, page } = labels
  const { special, blocks } = namesOf(square)
  const ranges = special.flatMap(({ prefix, text }) => {
    const side = boxIn(square, prefix)?.width ?? 0
    const size = Math.max(page.type.small.size * 0.62, Math.min(page.type.small.size * 1.1, side * 0.13))
    return nameLayer(labels, prefix, [shortPrefix(prefix), text], size)
  })
  return [...ranges, ...blockLabels(labels, blocks)]
}

export const specialOutlines = (square: Square, theme: Theme, hairline: number): Layer[] =>
  specialNames().flatMap(({ prefix }): Layer[] => {
    const box = boxIn(square, prefix)
    if (box === null || box.width < 4 * hairline) return []
    const outline = rectangle(box.x, box.y, box.width, box.height)
    return [{ kind: 'shape', role: 'borders', outline, stroke: { colour: theme.border, width: hairline * 1.5 } }]
  })
