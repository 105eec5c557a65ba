import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeHopNameReader } from '../../src/geo/hop-name-place.ts'
import { readHopNameTables } from '../../src/geo/hop-name-tables.ts'

const tables = readHopNameTables()
const read = makeHopNameReader(tables)

/** Invented, in the ways in which operators write them. */
const NAMES: [name: string, place: string | null][] = [
  ['ae-1.r02.tokyjp05.jp.bb.example.net', 'Tokyo'],
  ['ae-7.r20.frnkge13.de.bb.example.net', 'Frankfurt am Main'],
  ['ae-3.r24.londen12.uk.bb.example.net', 'London'],
  ['ae-0.a01.nycmny17.us.bb.example.net', 'New York City'],
  ['ae-2.r11.asbnva02.us.bb.example.net', 'Ashburn'],
  ['ae-5.r01.sngpsi07.sg.bb.example.net', 'Singapore'],
  ['ae-6.r21.amstnl07.nl.bb.example.net', 'Amsterdam'],
  ['ae-4.r05.chcgil09.us.bb.example.net', 'Chicago'],
  ['ae-1.r00.lsanca07.us.bb.example.net', 'Los Angeles'],
  ['ae-9.r23.sttlwa01.us.bb.example.net', 'Seattle'],
  ['xe-0-0-0.cr1.ams2.example.net', 'Amsterdam'],
  ['xe-1-2-0.cr2.fra4.example.com', 'Frankfurt am Main'],
  ['ae12.cs1.lhr15.uk.example.com', 'London'],
  ['ae3.mpr1.pdx1.us.example.com', 'Portland'],
  ['et-0-0-1.cr3.nyc4.example.net', 'New York City'],
  ['be3186.ccr42.fra03.atlas.example.com', 'Frankfurt am Main'],
  ['be2813.ccr41.ham01.atlas.example.com', 'Hamburg'],
  ['be2182.ccr21.lpl01.atlas.example.com', 'Liverpool'],
  ['te0-0-2-0.rcr11.dus01.atlas.example.com', 'Düsseldorf'],
  ['port-channel4.core1.sjc2.example.net', 'San Jose'],
  ['100ge10-1.core1.prg1.example.net', 'Prague'],
  ['10ge5-3.core3.hkg1.example.net', 'Hong Kong'],
  ['ffm-bb1-link.example.net', 'Frankfurt am Main'],
  ['nyk-bb2-link.example.net', 'New York City'],
  ['ldn-b4-link.example.net', 'London'],
  ['prs-bb3-link.example.net', 'Paris'],
  ['kbn-b4-link.example.net', 'Copenhagen'],
  ['hbg-bb4.example.net', 'Hamburg'],
  ['ash-bb2-link.example.net', 'Ashburn'],
  ['ae1.3101.edge4.frankfurt1.example.net', 'Frankfurt am Main'],
  ['ae2.3209.edge1.london15.example.net', 'London'],
  ['ae-1-51.edge3.newyork1.example.net', 'New York City'],
  ['lag-12.ear3.amsterdam1.example.net', 'Amsterdam'],
  ['bar1.stockholm1.example.net', 'Stockholm'],
  ['ebr2.losangeles1.example.net', 'Los Angeles'],
  ['vl-3.car1.saltlakecity1.example.net', 'Salt Lake City'],
  ['ge-0-0-0.core1.vienna2.example.at', 'Vienna'],
  ['r1.wien.example.at', 'Vienna'],
  ['rt0.praha.example.cz', 'Prague'],
  ['core-b2.muenchen.example.de', 'Munich'],
  ['xe-3-1-1.gw.koeln.example.de', 'Köln'],
  ['fra-1.core.example.com', 'Frankfurt am Main'],
  ['gw-mad.example.es', 'Madrid'],
  ['bb1.gru.example.com.br', 'São Paulo'],
  ['ae0-100.rt.eze.example.net.ar', 'Buenos Aires'],
  ['r2.syd1.nsw.example.net.au', 'Sydney'],
  ['ge-1-1-0.akl05.example.co.nz', 'Auckland'],
  ['po1.bom02.example.net.in', 'Mumbai'],
  ['jnb-cr1.example.co.za', 'Johannesburg'],
  ['cr1nrt2.example.jp', 'Tokyo'],
  ['waw-edge2.example.pl', 'Warsaw'],
  ['arncore1.example.se', 'Stockholm'],
  ['p5.helsinki.example.fi', 'Helsinki'],
  ['cr1.zrh3.example.ch', 'Zürich'],
  ['core1.example.net', null],
  ['bar2.example.net', null],
  ['ten-gig-0-1.example.net', null],
  ['gig0-1.edge.example.mil', null],
  ['pos1-0.atm.example.net', null],
  ['lag12.bng3.example.net', null],
  ['static-192-0-2-1.dsl.dyn.example.net', null],
  ['pool.dhcp.cpe.cust.example.net', null],
  ['vlan100.tun5.vpn.example.net', null],
  ['lon-nyc.example.net', null],
  ['fra1-ams2.example.net', null],
  ['www.fra.net', null],
  ['ams.co.uk', null],
  ['paris.example', null],
  ['192-0-2-1', null],
  ['', null],
  ['.', null],
]

describe('a place in the name of a hop', () => {
  it.each(NAMES)('%s → %s', (name, city) => {
    expect(read(name)?.place.city ?? null).toBe(city)
  })

  it('tells code, rule and confidence', () => {
    expect(read('xe-0-0-0.cr1.zrh3.example.ch')).toMatchObject({
      ...{ code: 'zrh', rule: 'code-number', confidence: 0.8 },
      place: { countryCode: 'CH' },
    })
  })

  it('survives every name', () => {
    const part = fc.constantFrom('fra', '.', '-', '_', 'ams2', '\u0000', 'é', '\u202e', '..', '1', 'tokyjp05')
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 400 }),
          fc.array(part).map((all) => all.join('')),
        ),
        (name) => {
          const found = read(name)
          if (found === null) return true
          const { latitude = 99, longitude = 999 } = found.place
          return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180
        },
      ),
    )
    expect(read(`${'fra1.'.repeat(60)}example.net`)).toBe(null)
  })

  it('has codes that are on Earth, once each, and aliases that lead to one', () => {
    const codes = tables.cities.map(({ code }) => code)
    expect(new Set(codes).size).toBe(codes.length)
    expect(new Set(tables.cities.map(({ city }) => city)).size).toBeGreaterThan(380)
    expect([...tables.aliases.values()].filter((code) => !codes.includes(code))).toEqual([])
    expect(tables.cities.every((city) => Math.abs(city.latitude) <= 90 && Math.abs(city.longitude) <= 180)).toBe(true)
  })
})
