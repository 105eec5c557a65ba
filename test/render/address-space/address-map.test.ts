import { describe, expect, it } from 'vitest'
import { composeAddressMap } from '../../../src/render/address-space/address-map.ts'
import { hilbertCell } from '../../../src/render/address-space/hilbert-curve.ts'
import { makeTextMeasure } from '../../../src/render/font.ts'
import { DEFAULT_MAP_OPTIONS, type MapOptions } from '../../../src/render/map-data.ts'
import { styles } from '../../../src/render/styles/index.ts'
import { BERLIN_TO_SYDNEY, mapData } from '../fixture-data.ts'

const measure = makeTextMeasure()

const compose = (addresses: number[] | undefined, options: Partial<MapOptions>) => {
  const { addresses: _none, ...data } = mapData({ paths: [BERLIN_TO_SYDNEY] })
  return composeAddressMap({
    data: addresses === undefined ? data : { ...data, addresses: Uint32Array.from(addresses) },
    options: { ...DEFAULT_MAP_OPTIONS, projection: 'hilbert', ...options },
    theme: styles.get('dark').theme,
    measure,
    wordless: false,
  })
}

const gridOf = (addresses: number[], options: Partial<MapOptions>) => {
  const layer = compose(addresses, options).layers.find(({ kind }) => kind === 'density')
  if (layer?.kind !== 'density') throw new Error('no density')
  return layer.grid
}

describe('a map of the address space', () => {
  it('puts each /24 into a pixel of its own at 4096 × 4096', () => {
    const address = 8 * 2 ** 24 + 8 * 65536 + 8 * 256
    const { x, y, width, height, values } = gridOf([address + 1, address + 8, address + 256], {
      width: 4096,
      height: 4096,
    })
    expect([x, y, width, height]).toEqual([0, 0, 4096, 4096])
    const [column, row] = hilbertCell(12, address >>> 8)
    expect(values[row * 4096 + column]).toBe(2)
    expect(values.reduce((sum, value) => sum + value, 0)).toBe(3)
  })

  it('looks into a prefix and counts what lies outside', () => {
    const scene = compose([10 * 2 ** 24 + 5, 11 * 2 ** 24, 9 * 2 ** 24], {
      width: 800,
      height: 450,
      prefix: { first: 10 * 2 ** 24, length: 8 },
    })
    const texts = scene.layers.flatMap((layer) => (layer.kind === 'text' ? [layer.text] : []))
    expect(texts).toContain('1')
    expect(texts).toContain('2 outside this map')
  })

  it('names special-purpose ranges and blocks, and says when there is nothing', () => {
    const scene = compose([], { width: 2400, height: 1350 })
    const texts = scene.layers.flatMap((layer) => (layer.kind === 'text' ? [layer.text] : []))
    expect(texts).toEqual(expect.arrayContaining(['224/4', 'multicast', '127/8', 'loopback', '8/8', 'No address here']))
    expect(texts).toEqual(expect.arrayContaining(['0', 'addresses']))
    expect(texts.join()).not.toMatch(/trace|Addresses in/)
  })

  it('keeps its words in the frame', () => {
    for (const [width, height] of [
      [400, 225],
      [900, 300],
      [2400, 1350],
      [500, 500],
      [300, 800],
    ] as const) {
      for (const layer of compose([16777217], { width, height }).layers) {
        if (layer.kind !== 'text') continue
        const wide = measure(layer.text, layer)
        const left = layer.align === 'left' ? layer.x : layer.align === 'right' ? layer.x - wide : layer.x - wide / 2
        expect(left, layer.text).toBeGreaterThanOrEqual(0)
        expect(left + wide, layer.text).toBeLessThanOrEqual(width + 0.5)
        expect(layer.y, layer.text).toBeLessThanOrEqual(height)
      }
    }
  })

  it.each([[{ first: 0, length: 7 }], [{ first: 0, length: 26 }], [{ first: 1, length: 8 }]])(
    'refuses the prefix %o',
    (prefix) => {
      expect(() => compose([1], { prefix })).toThrow(/cannot fill a map/)
    },
  )

  it('wants addresses', () => {
    expect(() => compose(undefined, {})).toThrow(/needs addresses/)
  })
})
