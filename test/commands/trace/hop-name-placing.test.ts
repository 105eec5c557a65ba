import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { noAddressPlaces } from '../../../src/commands/address-places.ts'
import { placeByName, putPlacesByName } from '../../../src/commands/trace/hop-name-placing.ts'
import { ipv4 } from '../../../src/core/ip.ts'
import type { Place } from '../../../src/core/place.ts'
import { makeHopNameReader } from '../../../src/geo/hop-name-place.ts'
import { readHopNameTables } from '../../../src/geo/hop-name-tables.ts'
import { openStore } from '../../../src/store/store.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

const read = makeHopNameReader(readHopNameTables())
const temporary = temporaryFolder('hop-name-placing')
const BERLIN = { latitude: 52.52, longitude: 13.4 }
const SYDNEY: Place = { latitude: -33.87, longitude: 151.21, city: 'Sydney', asn: 64500 }
const LONDON: Place = { latitude: 51.51, longitude: -0.13, city: 'London' }

describe('a place by name', () => {
  it.each<[string, Place | null, number | null, typeof BERLIN | null, string | null]>([
    ['where the database has none', null, 12_000, BERLIN, 'Frankfurt am Main'],
    ['where it has none but a network', { asn: 64500 }, 12_000, BERLIN, 'Frankfurt am Main'],
    ['where it has one that cannot be', SYDNEY, 12_000, BERLIN, 'Frankfurt am Main'],
    ['never over one that can be', LONDON, 12_000, BERLIN, null],
    ['never over one that cannot be checked', SYDNEY, 12_000, null, null],
    ['never over one without a round trip', SYDNEY, null, BERLIN, null],
    ['never for what is nobody’s', { state: 'private' }, 12_000, BERLIN, null],
    ['never for what is in many places', { state: 'anycast' }, 12_000, BERLIN, null],
    ['not where it cannot be either', null, 1000, BERLIN, null],
    ['without home, as the name says', null, 1000, null, 'Frankfurt am Main'],
  ])('%s', (_name, known, rttUs, home, city) => {
    expect(placeByName({ name: 'ae1.fra3.example.net', rttUs }, known, home, read)?.city ?? null).toBe(city)
  })

  it('keeps the network that the database knows', () => {
    expect(placeByName({ name: 'ae1.fra3.example.net', rttUs: 9000 }, SYDNEY, BERLIN, read)?.asn).toBe(64500)
  })

  it('is kept with its origin', () => {
    const store = openStore(join(temporary, 'x.db'), { mode: 'write', create: true })
    try {
      const [address, other] = [ipv4(0x14000002), ipv4(0x14000003)]
      const run = store.beginRun({ command: 'trace', arguments: [], startedUs: 1e15 })
      const hop = { attempt: 0, rttUs: 9000, icmpType: 11, icmpCode: 0, replyTtl: 60 }
      const hops = [address, other].map((each, i) => ({ ...hop, ttl: i + 1, address: each }))
      store.putTrace(run, { id: 'a', target: other, startedUs: 1e15, reached: true, hops })
      const named = [other, address].map((each, i) => ({
        address: each,
        name: `${['fra', 'gig'][i]}1.example.net`,
        rttUs: 9000,
      }))
      expect(putPlacesByName(store, named, noAddressPlaces, BERLIN)).toBe(1)
      expect(store.tracePaths()[0]?.hops.map(({ place }) => place)).toMatchObject([
        null,
        { city: 'Frankfurt am Main', provider: 'hop-name' },
      ])
    } finally {
      store.close()
    }
  })
})
