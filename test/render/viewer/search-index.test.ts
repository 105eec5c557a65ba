import { describe, expect, it } from 'vitest'
import type { PageHeader } from '../../../src/render/html/page-format.ts'
import { packPoints } from '../../../src/render/html/point-packing.ts'
import type { PageContent } from '../../../src/render/viewer/page-reader.ts'
import { readPoints } from '../../../src/render/viewer/point-store.ts'
import { SearchIndex } from '../../../src/render/viewer/search-index.ts'
import { toPoints } from '../fixture-data.ts'

const packed = packPoints({
  ...toPoints([
    [-23.5, -46.6, 5],
    [52.5, 13.4, 7],
    [48.1, 11.6, 1],
    [40.4, -3.7, 2],
  ]),
  details: {
    countryCode: ['BR', 'DE', 'DE', 'ES'],
    country: ['Brazil', 'Germany', 'Germany', 'Spain'],
    city: ['São Paulo', 'Berlin', 'Munich', null],
    asn: Uint32Array.of(1, 2, 2, 0),
    asOrganization: ['Rede', 'Berlin Netz', 'Berlin Netz', null],
    address: ['192.0.2.1', '192.0.2.20', '2001:db8::1', null],
  },
})
const header = {
  records: packed.records,
  fractional: packed.fractional,
  cities: packed.cityNames,
  countries: packed.countryNames,
  networks: packed.networkNames,
} as unknown as PageHeader
const index = new SearchIndex(readPoints({ header, columns: packed } as unknown as PageContent), header)

describe('what can be looked for', () => {
  it.each([
    ['sao p', ['city São Paulo, Brazil 5']],
    ['BERLIN', ['city Berlin, Germany 7', 'network AS2 Berlin Netz 8']],
    ['germ', ['country Germany 8', 'city Berlin, Germany 7', 'city Munich, Germany 1']],
    ['spain', ['country Spain 2']],
    ['192.0.2.2', ['address 192.0.2.20 ']],
    ['2001:DB8', ['address 2001:db8::1 ']],
    ['  ', []],
    ['atlantis', []],
  ])('%s', (words, found) => {
    expect(index.find(words).map(({ kind, text, amount }) => `${kind} ${text} ${amount}`)).toEqual(found)
  })

  it('has a box around all of it', () => {
    const [germany] = index.find('germany')
    const [west, north, east, south] = index.boxOf(germany!)!
    expect([west, east].map((x) => Math.round((x - 0.5) * 3600) / 10)).toEqual([11.6, 13.4])
    expect(north).toBeLessThan(south)
  })
})
