import { describe, expect, it } from 'vitest'
import type { Backend } from '../../../src/render/backends/contract.ts'
import { backends } from '../../../src/render/backends/index.ts'
import { renderMap } from '../../../src/render/map.ts'
import { DEFAULT_MAP_OPTIONS, type MapData, type MapOptions } from '../../../src/render/map-data.ts'
import type { TerminalLook } from '../../../src/render/terminal/look.ts'
import { mapData } from '../fixture-data.ts'

const NIGHT_US = 1_763_640_000_000_000
const COLOURLESS: TerminalLook = { columns: 60, rows: 24, colours: 'none', graphics: 'braille' }
const GROUPS = { kind: 'groups', title: 'Port', groups: [{ label: '22', count: 1 }] } as const

const remarksOf = (name: string, options: Partial<MapOptions>, change: Partial<MapData> = {}): readonly string[] => {
  const backend: Backend = backends.get(name)
  const all = { ...DEFAULT_MAP_OPTIONS, ...options }
  return backend.remarks?.(mapData(change), all, all.layer ?? 'density') ?? []
}

describe('what a format leaves out', () => {
  it.each([
    ['html', {}, []],
    ['html', { layer: 'choropleth', nightAtUs: NIGHT_US, arcsTo: { latitude: 1, longitude: 1 } }, []],
    ['html', { layer: 'markers' }, []],
    ['html', { layer: 'pins' }, ['a page shows the density instead of pins']],
    ['html', { layer: 'hexbin' }, ['a page shows the density instead of hexbin']],
    ['html', { projection: 'mercator' }, []],
    ['html', { projection: 'robinson' }, ['a page is in Web Mercator, not in robinson']],
    ['html', { projection: 'hilbert' }, ['a page shows the Earth, not the address space']],
    ['html', { labels: 3 }, ['no city is named: the input does not say any']],
    ['html', { accuracy: true }, ['no accuracy is shown: the input does not say any']],
    ['geojson', { layer: 'pins', style: 'seed' }, []],
    ['geojson', { nightAtUs: NIGHT_US }, ['no night is written into GeoJSON']],
    ['geojson', { accuracy: true }, ['GeoJSON has points and lines: no circles of accuracy are written']],
    ['terminal', { nightAtUs: NIGHT_US }, []],
    ['terminal', { nightAtUs: NIGHT_US, terminal: COLOURLESS }, ['without colours, the night is not shown']],
    ['png', { layer: 'pins', nightAtUs: NIGHT_US }, []],
  ] as const)('%s %j', (name, options, expected) => {
    expect(remarksOf(name, options)).toEqual(expected)
  })

  it('is really left out', async () => {
    const write = (options: Partial<MapOptions>, change: Partial<MapData> = {}): Promise<Buffer> =>
      renderMap(mapData(change), { width: 120, height: 80, ...options })
    const plain = { backend: 'terminal', terminal: COLOURLESS }
    expect(await write({ ...plain, nightAtUs: NIGHT_US })).toEqual(await write(plain))
    const view = { box: { south: 0, west: 0, north: 1, east: 1 } }
    expect(remarksOf('geojson', { view })).toHaveLength(1)
    expect(await write({ backend: 'geojson', view, nightAtUs: NIGHT_US, accuracy: true })).toEqual(
      await write({ backend: 'geojson' }),
    )
    const one = { countries: new Map([['DE', 1]]) }
    const two = { countries: new Map([['FR', 1]]) }
    const countries = { ...plain, layer: 'choropleth' }
    expect(await write(countries, one)).toEqual(await write(countries, two))
    expect(remarksOf('terminal', countries)).toEqual(['without colours, countries cannot be told apart'])
    expect(remarksOf('terminal', plain, { colouring: GROUPS })).toHaveLength(1)
  })
})
