import { createHash } from 'node:crypto'
import { inflateSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { POSITIONS } from '../../../src/render/html/page-format.ts'
import { latitudeOf, longitudeOf } from '../../../src/render/html/web-mercator.ts'
import type { MapData } from '../../../src/render/map.ts'
import { renderMap } from '../../../src/render/map.ts'
import type { MapOptions } from '../../../src/render/map-data.ts'
import { styles } from '../../../src/render/styles/index.ts'
import { readContent } from '../../../src/render/viewer/page-reader.ts'
import { readPoints } from '../../../src/render/viewer/point-store.ts'
import { BERLIN_TO_SYDNEY, clusteredPoints, mapData, toPoints } from '../fixture-data.ts'

const write = async (data: MapData, options: Partial<MapOptions> = {}): Promise<string> =>
  (await renderMap(data, { ...options, backend: 'html' })).toString()

/** What the viewer gets to see. */
const unpack = (page: string) => {
  const packed = /<script type="application\/octet-stream" id="data">([^<]*)<\/script>/.exec(page)?.[1] ?? ''
  return readContent(new Uint8Array(inflateSync(Buffer.from(packed, 'base64'))))
}

const HOSTILE = `</script><img src=x onerror="alert(1)">&'\u202e`

describe('html', () => {
  it('holds every point, to about 100 m', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(
            fc.double({ min: -85, max: 85, noNaN: true }),
            fc.double({ min: -180, max: 180, noNaN: true }),
            fc.integer({ min: 1, max: 2 ** 40 }),
          ),
          { maxLength: 40 },
        ),
        async (rows) => {
          const store = readPoints(unpack(await write(mapData({ points: toPoints(rows) }))))
          expect(store.weight.reduce((sum, weight) => sum + weight, 0)).toBe(rows.reduce((sum, row) => sum + row[2], 0))
          for (const [latitude, longitude] of rows) {
            const near = Array.from(store.x, (x, i) => ({
              east: Math.abs(longitudeOf((x + 0.5) / POSITIONS) - longitude),
              north: Math.abs(latitudeOf((store.y[i]! + 0.5) / POSITIONS) - latitude),
            }))
            expect(near.some(({ east, north }) => east < 0.0004 && north < 0.0004)).toBe(true)
          }
        },
      ),
      { numRuns: 20 },
    )
  })

  it('adds up what is alike in everything, and keeps apart what is not', async () => {
    const points = {
      ...toPoints([
        [50, 8, 2],
        [50, 8, 3],
        [50, 8, 1],
        [-20, 8, 1.5],
      ]),
      details: {
        countryCode: ['DE', 'DE', 'DE', null],
        country: ['Germany', 'Germany', 'Germany', null],
        city: ['Mainz', 'Mainz', 'Mainz', null],
        asn: Uint32Array.of(1, 1, 2, 0),
        asOrganization: ['One', 'One', 'Two', null],
      },
    }
    const content = unpack(await write(mapData({ points })))
    const store = readPoints(content)
    const records = Array.from(store.weight, (weight, i) => ({
      weight,
      city: content.header.cities[store.city[i]!],
      network: content.header.networks[store.network[i]!],
    }))
    expect(records).toEqual([
      { weight: 5, city: ['Mainz', 1], network: [1, 'One'] },
      { weight: 1, city: ['Mainz', 1], network: [2, 'Two'] },
      { weight: 1.5, city: ['', 0], network: [0, ''] },
    ])
    expect(content.header.countries).toEqual(['', 'Germany'])
  })

  it('keeps addresses of points and colours of groups', async () => {
    const points = {
      ...toPoints([
        [1, 1, 1],
        [1, 1, 1],
      ]),
      colour: Uint8Array.of(1, 0),
      details: {
        countryCode: [null, null],
        country: [null, null],
        city: [null, null],
        asn: new Uint32Array(2),
        asOrganization: [null, null],
        address: ['192.0.2.7', '2001:db8::1'],
      },
    }
    const colouring = {
      kind: 'groups',
      title: 'Port',
      groups: [
        { label: '1', count: 1 },
        { label: '2', count: 1 },
      ],
    } as const
    const store = readPoints(unpack(await write(mapData({ points, colouring }))))
    expect(store.addresses).toEqual(['2001:db8::1', '192.0.2.7'])
    expect([...store.colour]).toEqual([0, 1])
  })

  it('leaves out and counts what is not on Earth and what is too near to a pole', async () => {
    const rows = [
      [Number.NaN, 1, 1],
      [1, 181, 1],
      [1, 1, 0],
      [89, 0, 1],
      [10, 10, 1],
    ] as const
    const page = await write(mapData({ points: toPoints(rows) }))
    expect(unpack(page).header.records).toBe(1)
    expect(page).toContain('<li>3 left out: not on Earth</li> <li>1 not shown: beyond 85° north or south</li>')
  })

  it('says when there is nothing to show', async () => {
    const counts = { located: 0, unlocated: 3 }
    const page = await write(mapData({ points: toPoints([]), counts }))
    expect(page).toContain('<p id="nothing">No address with a place</p>')
    expect(page).toContain('3 without a place')
    expect((await write(mapData())).includes('<p id="nothing">')).toBe(false)
  })

  it.each(styles.entries.map(({ name }) => [name]))(
    'has a policy that allows its own script and nothing else: %s',
    async (style) => {
      const page = await write(mapData(), { style })
      const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? ''
      const script = /<script>([\s\S]*)<\/script>\n<\/body>/.exec(page)?.[1] ?? ''
      const sheet = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? ''
      const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
      expect(policy.split('; ')).toEqual([
        "default-src 'none'",
        `script-src ${hash(script)}`,
        `style-src ${hash(sheet)}`,
        'img-src data:',
        "base-uri 'none'",
        "form-action 'none'",
      ])
      expect(script.length).toBeGreaterThan(10_000)
      expect(script).not.toMatch(/<\/script|<!--|\beval\(|innerHTML|new Function/)
      expect(page).not.toMatch(/\b(?:src|href)="(?!data:)/)
      expect(sheet).not.toMatch(/url\(|@import/)
    },
  )

  it('lets no word of the data become markup', async () => {
    const points = {
      ...toPoints([[1, 1, 1]]),
      details: {
        countryCode: [HOSTILE],
        country: [HOSTILE],
        city: [HOSTILE],
        asn: Uint32Array.of(1),
        asOrganization: [HOSTILE],
        address: [HOSTILE],
      },
    }
    const data = mapData({
      points,
      title: HOSTILE,
      subtitle: HOSTILE,
      attributions: [HOSTILE],
      rankings: [{ title: HOSTILE, rows: [{ label: HOSTILE, count: 1 }] }],
      paths: [{ name: HOSTILE, points: [{ latitude: 1, longitude: 1, label: HOSTILE, city: HOSTILE }] }],
    })
    const page = await write(data)
    expect(page).not.toContain('<img')
    expect(page).not.toContain('\u202e')
    expect(page.match(/<\/script>/g)).toHaveLength(2)
    expect(page).toContain('&lt;/script&gt;&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;&#39;')
    expect(unpack(page).header.cities[1]![0]).toBe(HOSTILE)
  })

  it('lets no theme of a file out of the style sheet', async () => {
    const { theme } = styles.get('dark')
    const style = { name: 'own', help: '', theme: { ...theme, text: 'red}</style><script>alert(1)</script>' } }
    const page = await write(mapData(), { style })
    expect(page).not.toContain('alert(1)')
    expect(page).toContain('--text:transparent')
  })

  it('keeps frames and accuracy of points where they are asked for', async () => {
    const points = {
      ...toPoints([
        [1, 1, 1],
        [1, 1, 1],
        [1, 1, 1],
      ]),
      frame: Uint32Array.of(7, 300, 7),
      accuracyKm: Float32Array.of(0.2, Number.NaN, 0.2),
    }
    const frames = { count: 301, startUs: 0, lengthUs: 60_000_000, cumulative: true }
    const all = readPoints(unpack(await write(mapData({ points, frames }), { accuracy: true })))
    expect({ frame: [...all.frame], accuracy: [...all.accuracy], weight: [...all.weight] }).toEqual({
      frame: [7, 300],
      accuracy: [1, 0],
      weight: [2, 1],
    })
    const none = readPoints(unpack(await write(mapData({ points }))))
    expect({ frame: [...none.frame], accuracy: [...none.accuracy], weight: [...none.weight] }).toEqual({
      frame: [],
      accuracy: [],
      weight: [3],
    })
  })

  it.each([
    [true, 'until 1970-01-01 00:03 UTC', 2],
    [false, '1970-01-01 00:00 UTC', 0],
  ])('has a slider for times, cumulative: %s', async (cumulative, label, first) => {
    const frames = { count: 3, startUs: 0, lengthUs: 60_000_000, cumulative }
    const points = { ...toPoints([[1, 1, 1]]), frame: Uint32Array.of(0) }
    const page = await write(mapData({ points, frames }))
    expect(page).toContain(`max="2" step="1" value="${first}"><output id="moment" for="time">${label}</output>`)
    expect(await write(mapData())).not.toContain('id="time"')
  })

  it('knows how much lies in which country', async () => {
    const points = {
      ...toPoints([
        [52.5, 13.4, 5],
        [48.8, 2.3, 2],
        [52.5, 13.4, 1],
      ]),
      frame: Uint32Array.of(0, 1, 1),
    }
    const data = mapData({ points, frames: { count: 2, startUs: 0, lengthUs: 1, cumulative: true } })
    const { header, columns } = unpack(await write(data, { layer: 'choropleth' }))
    const { areas } = header
    const named = areas?.steps.map((step) =>
      Object.fromEntries(step.flatMap((number, i) => (i % 2 === 0 ? [[areas.codes[number], step[i + 1]]] : []))),
    )
    expect(named).toEqual([{ DE: 5 }, { FR: 2, DE: 1 }])
    expect(areas?.lengths.reduce((sum, length) => sum + length, 0)).toBe(columns.areas.length)
    expect(unpack(await write(data)).columns.areas).toHaveLength(0)
  })

  it('gives the same bytes for the same input', async () => {
    const data = mapData({ paths: [BERLIN_TO_SYDNEY] })
    expect(await write(data)).toBe(await write(data))
  })

  it('packs 20,000 points into less than 5 bytes each, beside the map itself', async () => {
    const empty = (await write(mapData({ points: toPoints([]) }))).length
    const full = (await write(mapData({ points: clusteredPoints('size', 20_000) }))).length
    expect(empty).toBeLessThan(400_000)
    expect(full - empty).toBeLessThan(20_000 * 5)
  })
})
