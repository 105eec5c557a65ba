import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readPaths } from '../../../src/commands/render/map-paths.ts'
import { type IpAddress, parseIp } from '../../../src/core/ip.ts'
import type { Place } from '../../../src/core/place.ts'
import type { MapData } from '../../../src/render/map-data.ts'
import { openStore, type Store } from '../../../src/store/store.ts'
import { errorCode } from '../../error-code.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

const ip = (text: string): IpAddress => parseIp(text)!

type Row = [ttl: number, address: string | null, rttMs: number | null]

const HOPS: Row[] = [
  [1, '10.0.0.1', 1],
  [2, '20.0.0.2', 5],
  [3, null, null],
  [4, '20.0.0.4', 9],
  [5, '20.0.0.5', 10],
  [6, '20.0.0.6', 20],
  [7, null, null],
]
const PLACES: Record<string, Place> = {
  '10.0.0.1': { state: 'private' },
  '20.0.0.2': { latitude: 50.1, longitude: 8.7, city: 'Frankfurt', countryCode: 'DE', asn: 64500 },
  '20.0.0.4': { latitude: 52.4, longitude: 4.9, city: 'Amsterdam', countryCode: 'NL' },
  '20.0.0.5': { latitude: -33.9, longitude: 151.2, city: 'Sydney', countryCode: 'AU' },
  '20.0.0.6': { latitude: 51.5, longitude: -0.1, city: 'London', countryCode: 'GB' },
}

const dataOf = (): MapData => ({
  points: { latitude: new Float64Array(), longitude: new Float64Array(), weight: new Float64Array() },
  paths: [],
  counts: { located: 0, unlocated: 0 },
  title: 'Who answered',
  subtitle: '',
  attributions: [],
})

const folder = temporaryFolder('map-paths')
let files = 0

const withStore = (work: (store: Store) => void): void => {
  files += 1
  const store = openStore(join(folder, `${files}.db`), { mode: 'write', create: true })
  try {
    const run = store.beginRun({ command: 'trace', arguments: [], startedUs: 1e15, vantage: '49.0,8.4' })
    for (const [i, id] of ['aaaa', 'aabb'].entries()) {
      store.putTrace(run, {
        ...{ id, target: ip('20.0.0.6'), startedUs: 1e15 + i * 3600e6, reached: true },
        hops: HOPS.map(([ttl, address, rttMs]) => ({
          ...{ ttl, attempt: 0, address: address === null ? null : ip(address) },
          ...{ rttUs: rttMs === null ? null : rttMs * 1000, icmpType: 11, icmpCode: 0, replyTtl: 60 },
        })),
      })
    }
    const addresses = Uint32Array.from(Object.keys(PLACES), (text) => Number(ip(text)))
    const places = Object.values(PLACES)
    store.putPlaces('mmdb', { addresses, places, placeIndex: Int32Array.from(places, (_, i) => i) })
    store.putHostNames([{ address: ip('20.0.0.4'), name: 'ae1.ams.example.net' }], 1e15)
    store.putImpossiblePlaces(run, [{ address: ip('20.0.0.5'), distanceKm: 16_000, rttUs: 10_000, limitKm: 1100 }])
    work(store)
  } finally {
    store.close()
  }
}

describe('a trace on a map', () => {
  it('starts at home, bridges what has no place, and marks what is too far', () =>
    withStore((store) => {
      const data = dataOf()
      readPaths(store, data, { traces: ['aaaa'] })
      const kinds = data.paths[0]?.points.map(({ label, bridged, tooFar }) => [label, bridged, tooFar])
      expect(kinds).toEqual([
        [undefined, undefined, undefined],
        ['2', true, undefined],
        ['4', true, undefined],
        ['5', undefined, true],
        ['6', true, undefined],
      ])
      expect(data).toMatchObject({ title: 'The way to 20.0.0.6', counts: { unlocated: 1, private: 1 } })
      expect(data.hopTable).toEqual([
        { hop: '1', router: '10.0.0.1', place: 'private', rtt: '1.0 ms' },
        { hop: '2', router: '20.0.0.2', place: 'Frankfurt, DE', network: 'AS64500', rtt: '5.0 ms' },
        { hop: '3', router: 'no answer', faint: true },
        { hop: '4', router: 'ae1.ams.example.net', place: 'Amsterdam, NL', rtt: '9.0 ms' },
        { hop: '5', router: '20.0.0.5', place: 'Sydney, AU: too far for 10.0 ms', rtt: '10.0 ms' },
        { hop: '6', router: '20.0.0.6', place: 'London, GB', rtt: '20.0 ms' },
      ])
    }))

  it('hides the first hops, and home with them', () =>
    withStore((store) => {
      const data = dataOf()
      readPaths(store, data, { traces: ['aaaa'], maskHops: 2 })
      expect(data.paths[0]?.points.map(({ label }) => label)).toEqual(['4', '5', '6'])
      expect(data.hopTable?.[0]).toEqual({ hop: '1–2', router: '(hidden)', faint: true })
      expect(JSON.stringify(data)).not.toContain('20.0.0.2')
    }))

  it('is compared with another by the time of each', () =>
    withStore((store) => {
      const data = dataOf()
      readPaths(store, data, { traces: ['aabb', 'aaaa'] })
      expect(data.compared).toBe(true)
      expect(data.paths.map(({ name }) => name)).toEqual(['2001-09-09 02:46', '2001-09-09 01:46'])
      expect(data.hopTable).toBe(undefined)
    }))

  it.each([['zz'], ['aa'], ['']])('is refused by a name that is none or several: %j', (text) =>
    withStore((store) => {
      expect(errorCode(() => readPaths(store, dataOf(), { traces: [text] }))).toBe('ERR_USAGE')
    }),
  )
})
