import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type IpAddress, type Ipv6, ipv4, parseIp } from '../../src/core/ip.ts'
import { type LocatedBatch, NO_PLACE } from '../../src/core/located-batch.ts'
import type { Place } from '../../src/core/place.ts'
import {
  CLASSIFICATIONS,
  makeReplyBatch,
  REPLY_REPEAT,
  REPLY_SUCCESS,
  type ReplyBatch,
} from '../../src/core/reply-batch.ts'
import type { TraceHop } from '../../src/core/trace.ts'
import { storeError } from '../../src/store/errors.ts'
import type { LocationCounts } from '../../src/store/location-queries.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import type { TraceSelection } from '../../src/store/trace-paths.ts'
import { errorCode } from '../error-code.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const folder = temporaryFolder('store')
let numbered = 0
const freshStore = (): Store => {
  numbered += 1
  return openStore(join(folder, `${numbered}.db`), { mode: 'write' })
}
const WRONG_VERSION = `The module '/srv/interplot/node_modules/better-sqlite3/build/Release/better_sqlite3.node'
was compiled against a different Node.js version using
NODE_MODULE_VERSION 127. This version of Node.js requires
NODE_MODULE_VERSION 115. Please try re-compiling or re-installing
the module (for instance, using \`npm rebuild\` or \`npm install\`).`

const STARTED_US = 1_800_000_000_000_000
const begin = (store: Store): number =>
  store.beginRun({ command: 'scan', arguments: ['-p', '443'], startedUs: STARTED_US })
const value = (text: string): number => Number(parseIp(text))
const ip = (text: string): IpAddress => parseIp(text) ?? ipv4(0)

interface Row {
  address: number
  target?: number
  port?: number
  classification?: (typeof CLASSIFICATIONS)[number]
  flags?: number
}
const batchOf = (rows: readonly Row[]): ReplyBatch => {
  const batch = makeReplyBatch(Math.max(8, Math.ceil(rows.length / 8) * 8), 64)
  for (const [i, row] of rows.entries()) {
    batch.address[i] = row.address
    batch.target[i] = row.target ?? row.address
    batch.port[i] = row.port ?? 443
    batch.classification[i] = CLASSIFICATIONS.indexOf(row.classification ?? 'syn-ack')
    batch.flags[i] = row.flags ?? REPLY_SUCCESS
    batch.timeUs[i] = STARTED_US + i
  }
  batch.count = rows.length
  return batch
}
const query = (store: Store, sql: string): unknown[] => {
  const database = new Database(store.path, { readonly: true })
  try {
    return database.prepare(sql).all()
  } finally {
    database.close()
  }
}
const located = (entries: readonly (readonly [address: number, place: Place | null])[]): LocatedBatch => {
  const places: Place[] = []
  const sorted = entries.toSorted((a, b) => a[0] - b[0])
  return {
    addresses: Uint32Array.from(sorted, ([address]) => address),
    placeIndex: Int32Array.from(sorted, ([, place]) => (place === null ? NO_PLACE : places.push(place) - 1)),
    places,
  }
}
const berlin: Place = {
  latitude: 52.5,
  longitude: 13.4,
  countryCode: 'DE',
  country: 'Germany',
  city: 'Berlin',
  asn: 64500,
  asOrganization: 'Example',
}
const countsOf = (counts: Partial<LocationCounts>): LocationCounts => ({
  ...{ addresses: 0, located: 0, approximate: 0, anycast: 0, private: 0, unlocated: 0, notLookedUp: 0 },
  ...counts,
})
const somewhere: Place = { countryCode: 'FR', country: 'France' }

describe('runs', () => {
  it('are kept with how they began and ended', () => {
    const store = freshStore()
    const runId = store.beginRun({
      command: 'scan',
      arguments: ['-p', '21', '198.51.100.0/24'],
      module: 'tcp-syn',
      ports: '21',
      seed: 'abc',
      vantage: 'home',
      startedUs: STARTED_US + 0.25,
    })
    store.appendReplies(runId, batchOf([{ address: 1 }, { address: 2 }]))
    expect(store.runs()[0]).toMatchObject({ outcome: null, finishedUs: null, summary: null, observations: 2 })
    store.finishRun(runId, { finishedUs: STARTED_US + 5e6, outcome: 'interrupted', summary: { sent: 256 } })
    expect(store.runs()).toEqual([
      {
        id: runId,
        command: 'scan',
        arguments: ['-p', '21', '198.51.100.0/24'],
        module: 'tcp-syn',
        ports: '21',
        seed: 'abc',
        vantage: 'home',
        startedUs: STARTED_US,
        finishedUs: STARTED_US + 5e6,
        outcome: 'interrupted',
        summary: { sent: 256 },
        observations: 2,
        traces: 0,
      },
    ])
    expect(errorCode(() => store.appendReplies(99, batchOf([])))).toBe('ERR_INTERNAL')
  })
})

describe('replies', () => {
  it('come back spelled out', () => {
    const store = freshStore()
    const batch = batchOf([
      { address: value('203.0.113.7'), port: 443 },
      { address: value('198.51.100.1'), target: value('203.0.113.8'), classification: 'unreachable', flags: 0 },
      { address: value('255.255.255.255'), port: 53, classification: 'udp', flags: REPLY_SUCCESS | REPLY_REPEAT },
    ])
    batch.timeUs[0] = STARTED_US + 1_234_567.8
    batch.ttl[0] = 55
    batch.rttUs[0] = 31_000
    batch.tcpFlags[0] = 18
    batch.window[0] = 64_240
    batch.icmpType[1] = 3
    batch.icmpCode[1] = 13
    batch.heap.set([0xca, 0xfe], 4)
    batch.dataOffset[2] = 4
    batch.dataLength[2] = 2
    store.appendReplies(begin(store), batch)
    store.putPlaces('mmdb', located([[value('203.0.113.7'), berlin]]))
    const rows = [...store.results({ everything: true })].map((row) =>
      Object.fromEntries(store.resultColumns.map((name, i) => [name, row[i]])),
    )
    expect(rows).toMatchObject([
      {
        run: 1,
        time: '2027-01-15T08:00:01.235Z',
        saddr: '203.0.113.7',
        target: '203.0.113.7',
        port: 443,
        classification: 'syn-ack',
        success: 1,
        repeat: 0,
        ttl: 55,
        rtt_us: 31_000,
        icmp_type: null,
        window: 64_240,
        country: 'Germany',
        country_code: 'DE',
        city: 'Berlin',
        latitude: 52.5,
        longitude: 13.4,
        asn: 64500,
        isp: 'Example',
        data: null,
      },
      {
        saddr: '198.51.100.1',
        target: '203.0.113.8',
        classification: 'unreachable',
        success: 0,
        icmp_type: 3,
        icmp_code: 13,
        rtt_us: null,
        window: null,
        city: null,
      },
      { saddr: '255.255.255.255', classification: 'udp', success: 1, repeat: 1, data: 'CAFE' },
    ])
    expect([...store.results()]).toHaveLength(1)
    expect([...store.results({ port: 53, everything: true })]).toHaveLength(1)
  })
  it('every batch size and every address arrives', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffffffff), { maxLength: 100 }), (addresses) => {
        const store = freshStore()
        store.appendReplies(begin(store), batchOf(addresses.map((address) => ({ address }))))
        expect(store.unlocatedAddresses().ipv4).toEqual(Uint32Array.from(new Set(addresses)).sort())
        expect(store.runs()[0]?.observations).toBe(addresses.length)
        store.close()
      }),
      { numRuns: 25 },
    )
  })
})

describe('locations', () => {
  const setUp = (): Store => {
    const store = freshStore()
    const runId = begin(store)
    store.appendReplies(
      runId,
      batchOf([
        { address: 30 },
        { address: 10 },
        { address: 10, port: 80 },
        { address: 20 },
        { address: 20, flags: 0 },
        { address: 20, flags: REPLY_SUCCESS | REPLY_REPEAT },
        { address: 0xffffffff },
      ]),
    )
    return store
  }
  it('are asked for once, stored, counted, and added up', () => {
    const store = setUp()
    expect(store.unlocatedAddresses()).toEqual({ ipv4: Uint32Array.of(10, 20, 30, 0xffffffff), ipv6: [] })
    expect(store.locationCounts()).toEqual(countsOf({ addresses: 4, notLookedUp: 4 }))
    const counts = store.putPlaces(
      'mmdb',
      located([
        [10, berlin],
        [20, berlin],
        [30, somewhere],
        [0xffffffff, null],
      ]),
    )
    expect(counts).toEqual({ located: 2, unlocated: 2 })
    expect(store.unlocatedAddresses().ipv4).toHaveLength(0)
    expect(store.unlocatedAddresses('unlocated').ipv4).toEqual(Uint32Array.of(30, 0xffffffff))
    expect(store.unlocatedAddresses('all').ipv4).toHaveLength(4)
    expect(store.locationCounts()).toEqual(countsOf({ addresses: 4, located: 2, unlocated: 2 }))
    expect(store.providers()).toEqual(['mmdb'])
    // Addresses 10 and 20, however often they answered; 30 and the last one have no place.
    expect(store.points()).toEqual({
      located: 2,
      latitude: Float64Array.of(52.5),
      longitude: Float64Array.of(13.4),
      weight: Float64Array.of(2),
      state: Uint8Array.of(0),
      private: 0,
      anycast: 0,
      unlocated: 2,
      notLookedUp: 0,
      place: Uint32Array.of(1),
      details: {
        countryCode: ['DE'],
        country: ['Germany'],
        region: [null],
        city: ['Berlin'],
        asn: Uint32Array.of(64500),
        asOrganization: ['Example'],
        accuracyKm: Float32Array.of(Number.NaN),
      },
      countries: new Map([
        ['DE', 2],
        ['FR', 1],
      ]),
    })
    expect(store.points({ port: 80 }).weight).toEqual(Float64Array.of(1))
    expect(store.points({ run: 7 }).weight).toHaveLength(0)
    expect(store.points({ everything: true }).weight).toEqual(Float64Array.of(2))
    expect(query(store, 'SELECT count(*) AS n, min(latitude) AS lowest FROM points')).toEqual([{ n: 3, lowest: 52.5 }])
  })
  it('share places, also with those stored earlier, and can be replaced', () => {
    const store = setUp()
    store.putPlaces(
      'mmdb',
      located([
        [10, berlin],
        [20, { ...berlin }],
      ]),
    )
    store.close()
    const again = openStore(store.path, { mode: 'write' })
    again.putPlaces(
      'mmdb',
      located([
        [30, berlin],
        [20, somewhere],
      ]),
    )
    expect(query(again, 'SELECT count(*) AS n FROM places')).toEqual([{ n: 2 }])
    expect(again.points().weight).toEqual(Float64Array.of(2))
    expect(again.locationCounts()).toMatchObject({ located: 2, unlocated: 1, notLookedUp: 1 })
  })
  it('a batch’s places grow between calls', () => {
    const store = setUp()
    const places: Place[] = [berlin]
    store.putPlaces('mmdb', { addresses: Uint32Array.of(10), placeIndex: Int32Array.of(0), places })
    places.push({ ...berlin, city: 'Potsdam', latitude: 52.4 })
    store.putPlaces('mmdb', { addresses: Uint32Array.of(20), placeIndex: Int32Array.of(1), places })
    expect(query(store, 'SELECT city FROM places ORDER BY id')).toEqual([{ city: 'Berlin' }, { city: 'Potsdam' }])
  })
  it('what is odd about a place is kept, counted and shown', () => {
    const store = setUp()
    const runId = begin(store)
    store.appendReplies(runId, batchOf([{ address: 40 }, { address: 50 }, { address: 60 }, { address: 70 }]))
    const extra = { continentCode: 'EU', postalCode: '10115', timeZone: 'Europe/Berlin', geonameId: 2950159 }
    store.putPlaces(
      'mmdb',
      located([
        [10, { ...berlin, ...extra }],
        [20, { latitude: 51, longitude: 9, countryCode: 'DE', state: 'approximate' }],
        [30, { state: 'private' }],
        [40, { state: 'anycast' }],
        [50, { ...berlin, state: 'anycast' }],
        [60, null],
      ]),
    )
    expect(store.locationCounts()).toEqual({
      ...{ addresses: 8, located: 1, approximate: 1, anycast: 2, private: 1, unlocated: 1, notLookedUp: 2 },
    })
    expect(store.points()).toMatchObject({
      ...{ weight: Float64Array.of(1, 1, 1), state: Uint8Array.of(0, 1, 2) },
      ...{ unlocated: 5, private: 1, anycast: 1, notLookedUp: 2 },
    })
    expect(query(store, 'SELECT DISTINCT saddr, location FROM results ORDER BY 1 LIMIT 7')).toEqual(
      ['located', 'approximate', 'private', 'anycast', 'anycast', 'unlocated', 'not looked up'].map((location, i) => ({
        saddr: `0.0.0.${(i + 1) * 10}`,
        location,
      })),
    )
    expect(
      query(store, 'SELECT continent_code, postal_code, time_zone, geoname_id FROM places ORDER BY id LIMIT 1'),
    ).toEqual([{ continent_code: 'EU', postal_code: '10115', time_zone: 'Europe/Berlin', geoname_id: 2950159 }])
  })
  it('what other connections add is asked for too', () => {
    const store = setUp()
    expect(store.unlocatedAddresses().ipv4).toHaveLength(4)
    const other = openStore(store.path, { mode: 'write' })
    other.appendReplies(1, batchOf([{ address: 77 }]))
    other.close()
    expect(store.unlocatedAddresses().ipv4).toHaveLength(5)
    store.appendReplies(1, batchOf([{ address: 78 }]))
    expect(store.locationCounts().addresses).toBe(6)
  })
  it('more addresses than the engine sorts come ascending, once each', () => {
    const store = freshStore()
    const addresses = Array.from({ length: 70_000 }, (_, i) => (Math.imul(i % 69_999, 0x9e3779b1) ^ 0x5bd1e995) >>> 0)
    store.appendReplies(begin(store), batchOf(addresses.map((address) => ({ address }))))
    expect(store.unlocatedAddresses().ipv4).toEqual(Uint32Array.from(new Set(addresses)).sort())
  })
  it('coordinates off the Earth are left out', () => {
    const store = setUp()
    const counts = store.putPlaces('mmdb', located([[10, { ...berlin, latitude: 95 }]]))
    expect(counts).toEqual({ located: 0, unlocated: 1 })
    expect(store.points().weight).toHaveLength(0)
  })
})

const hop = (ttl: number, attempt: number, address: string | null, rttUs: number | null = null): TraceHop => ({
  ttl,
  attempt,
  address: address === null ? null : ip(address),
  rttUs,
  icmpType: address === null ? null : 11,
  icmpCode: address === null ? null : 0,
  replyTtl: address === null ? null : 60,
})

describe('traces', () => {
  const setUp = (): Store => {
    const store = freshStore()
    const runId = store.beginRun({ command: 'trace', arguments: ['example.net'], startedUs: STARTED_US })
    const hops = [
      hop(1, 0, '10.0.0.1', 500),
      hop(1, 1, '10.0.0.1', 400),
      hop(2, 0, null),
      hop(3, 0, '10.0.0.3', 9000),
      hop(3, 1, '10.0.0.33', 9100),
      hop(3, 2, '10.0.0.33', 9200),
      hop(4, 0, '203.0.113.9', 20_000),
    ]
    const trace = {
      id: 'a1',
      target: ip('203.0.113.9'),
      targetName: 'example.net',
      startedUs: STARTED_US,
      reached: true,
      hops,
    }
    store.putTrace(runId, { ...trace, reached: false, hops: hops.slice(0, 3) })
    store.putTrace(runId, trace)
    store.putTrace(runId, {
      id: 'b2',
      target: ip('2001:db8::9'),
      startedUs: STARTED_US + 1e6,
      reached: false,
      hops: [hop(1, 0, '2001:db8::1', 700)],
    })
    store.putPlaces(
      'mmdb',
      located([
        [value('10.0.0.1'), { ...berlin, city: 'Berlin' }],
        [value('10.0.0.3'), { ...berlin, city: 'Leipzig' }],
        [value('10.0.0.33'), { ...berlin, city: 'Hamburg' }],
        [value('203.0.113.9'), { ...berlin, city: 'Oslo' }],
      ]),
    )
    return store
  }
  it('grow while they go on, and say in the end how they came out', () => {
    const store = freshStore()
    store.putTrace(begin(store), {
      id: 'live',
      target: ip('203.0.113.9'),
      startedUs: STARTED_US,
      reached: false,
      hops: [],
    })
    store.extendTrace('live', [hop(1, 0, '10.0.0.1', 900), hop(2, 0, null)])
    store.extendTrace('live', [hop(1, 1, '10.0.0.1', 800)])
    expect(store.traces()).toMatchObject([{ id: 'live', reached: false, end: null, finishedUs: null, hopCount: 2 }])
    store.extendTrace('live', [], { finishedUs: STARTED_US + 5e6, reached: true, end: 'reached' })
    expect(store.traces()).toMatchObject([{ reached: true, end: 'reached', finishedUs: STARTED_US + 5e6 }])
    expect(store.hops('live')).toEqual([hop(1, 0, '10.0.0.1', 900), hop(1, 1, '10.0.0.1', 800), hop(2, 0, null)])
    expect(store.traces(ip('203.0.113.9'))).toEqual(store.traces())
    expect(store.traces(ip('203.0.113.8'))).toEqual([])
    expect(store.traces(ip('2001:db8::9'))).toEqual([])
    // All or none, and nothing of a trace that is not there.
    expect(() => store.extendTrace('live', [hop(3, 0, null), hop(1, 1, null)])).toThrow()
    expect(store.hops('live')).toHaveLength(3)
    expect(() => store.extendTrace('none', [])).toThrow(/no trace none/)
  })
  it('come back as they were put, the newest of each', () => {
    const store = setUp()
    expect(store.traces()).toMatchObject([
      { id: 'a1', runId: 1, target: ip('203.0.113.9'), targetName: 'example.net', reached: true, hopCount: 4 },
      { id: 'b2', target: ip('2001:db8::9'), targetName: null, reached: false, hopCount: 1 },
    ])
    expect(store.hops('a1')).toHaveLength(7)
    expect(store.hops('a1')?.[2]).toEqual(hop(2, 0, null))
    expect(store.hops('b2')).toEqual([hop(1, 0, '2001:db8::1', 700)])
    expect(store.hops('none')).toBe(null)
    expect(store.runs()[0]?.traces).toBe(2)
  })
  it('come back hop by hop with places, silent hops too', () => {
    const [path, other] = setUp().tracePaths()
    expect(path).toMatchObject({ id: 'a1', runId: 1, vantage: null, targetName: 'example.net', reached: true })
    expect(path?.hops.map(({ ttl, place }) => [ttl, place?.city ?? null])).toEqual([
      [1, 'Berlin'],
      [2, null],
      [3, 'Hamburg'],
      [4, 'Oslo'],
    ])
    expect(path?.hops.map(({ rttUs }) => rttUs)[0]).toBe(400)
    expect(path?.hops[1]).toEqual({ ttl: 2, address: null, place: null, rttUs: null, isTooFar: false })
    expect(other?.hops).toEqual([{ ttl: 1, address: ip('2001:db8::1'), place: null, rttUs: 700, isTooFar: false }])
  })
  it('say which hops cannot be where their place is, by run', () => {
    const store = setUp()
    const far = { address: ip('10.0.0.33'), distanceKm: 900, rttUs: 1000, limitKm: 102 }
    store.putImpossiblePlaces(1, [far])
    expect(store.tracePaths()[0]?.hops.map(({ isTooFar }) => isTooFar)).toEqual([false, false, true, false])
  })
  it.each<[string, TraceSelection, string[]]>([
    ['a run', { run: 1 }, ['a1', 'b2']],
    ['another run', { run: 2 }, []],
    ['ids', { ids: ['b2', 'none'] }, ['b2']],
    ['from its beginning on', { sinceUs: STARTED_US }, ['a1', 'b2']],
    ['after its beginning', { sinceUs: STARTED_US + 1 }, ['b2']],
    ['before its beginning', { untilUs: STARTED_US }, []],
    ['until after its beginning', { run: 1, sinceUs: STARTED_US - 1, untilUs: STARTED_US + 1 }, ['a1']],
  ])('make lines of a selection: %s', (_name, selection, ids) => {
    expect(
      setUp()
        .tracePaths(selection)
        .map(({ id }) => id),
    ).toEqual(ids)
  })
  it('have their addresses located like any other', () => {
    const store = setUp()
    expect(store.unlocatedAddresses()).toEqual({ ipv4: new Uint32Array(), ipv6: [ip('2001:db8::1')] })
    const addresses = [ip('2001:db8::1')] as Ipv6[]
    store.putPlaces('mmdb', { addresses, placeIndex: Int32Array.of(0), places: [berlin] })
    expect(store.unlocatedAddresses().ipv6).toEqual([])
    expect(store.locationCounts()).toEqual(countsOf({ addresses: 5, located: 5 }))
  })
  it('answer the questions that people ask with sqlite3', () => {
    const store = setUp()
    expect(query(store, "select * from TRACE where ID = 'a1'")).toEqual([
      ...['10.0.0.1', null, '10.0.0.3', '10.0.0.33', '203.0.113.9'].map((IP, i) => ({
        ID: 'a1',
        HOP: [1, 2, 3, 3, 4][i],
        IP,
        COUNTRY: IP === null ? null : 'Germany',
        CITY: ['Berlin', null, 'Leipzig', 'Hamburg', 'Oslo'][i],
        ISP: IP === null ? null : 'Example',
        LATITUDE: IP === null ? null : 52.5,
        LONGITUDE: IP === null ? null : 13.4,
        DATE_CREATED: '2027-01-15T08:00:00.000Z',
        LOCATION: IP === null ? null : 'located',
      })),
    ])
    expect(query(store, 'select * from traces;')).toEqual([
      {
        id: 'a1',
        date_created: '2027-01-15T08:00:00.000Z',
        target: '203.0.113.9',
        target_name: 'example.net',
        method: null,
        reached: 1,
        hops: 4,
        routers: 4,
        located: 4,
        rtt_ms: 20,
      },
      {
        id: 'b2',
        date_created: '2027-01-15T08:00:01.000Z',
        target: '2001:0db8:0000:0000:0000:0000:0000:0009',
        target_name: null,
        method: null,
        reached: 0,
        hops: 1,
        routers: 1,
        located: 0,
        rtt_ms: null,
      },
    ])
  })
})

describe('places beside round trip times', () => {
  it('are the least of each address in the run, of observations and hops', () => {
    const store = freshStore()
    const [runId, other] = [begin(store), begin(store)]
    const batch = batchOf([20, 10, 10, 30, 40, 50].map((address) => ({ address })))
    batch.rttUs.set([7000, 9000, 8000, 300_000, 0, 5000])
    store.appendReplies(runId, batch)
    const later = batchOf([{ address: 10 }])
    later.rttUs[0] = 1
    store.appendReplies(other, later)
    store.putTrace(runId, {
      ...{ id: 'a', target: ipv4(20), startedUs: STARTED_US, reached: true },
      hops: [
        hop(1, 0, '0.0.0.20', 6000),
        hop(2, 0, '2001:db8::1', 4000),
        hop(2, 1, '2001:db8::1', 3000),
        hop(3, 0, null),
      ],
    })
    store.putPlaces(
      'mmdb',
      located([
        [10, { ...berlin, accuracyKm: 5 }],
        [20, { ...berlin, state: 'anycast' }],
        [30, berlin],
        [40, berlin],
        [50, somewhere],
      ]),
    )
    const addresses = [ip('2001:db8::1')] as Ipv6[]
    store.putPlaces('mmdb', { addresses, placeIndex: Int32Array.of(0), places: [berlin] })
    const rows = store
      .timedPlaces(runId)
      .flatMap(({ addresses: found, rttUs, placeIndex, places }) =>
        Array.from(rttUs, (rtt, i) => [found[i], rtt, places[placeIndex[i]!]]),
      )
    const there = { latitude: 52.5, longitude: 13.4 }
    expect(rows).toEqual([
      [10, 8000, { ...there, accuracyKm: 5 }],
      [20, 6000, { ...there, state: 'anycast' }],
      [ip('2001:db8::1'), 3000, there],
    ])
    expect([store.timedRuns(), store.runVantages()]).toEqual([
      [runId, other],
      [
        { runId, vantage: null },
        { runId: other, vantage: null },
      ],
    ])
  })
  it('that are impossible are kept by run, and replaced', () => {
    const store = freshStore()
    const runId = begin(store)
    store.putPlaces('mmdb', located([[10, berlin]]))
    const row = { address: ipv4(10), distanceKm: 900.4, rttUs: 1500, limitKm: 253.2 }
    for (let i = 0; i < 2; i += 1) store.putImpossiblePlaces(runId, [row, { ...row, address: ip('2001:db8::1') }])
    store.putImpossiblePlaces(runId, [row])
    expect(query(store, 'SELECT * FROM impossible_results')).toEqual([
      {
        ...{ run: runId, address: '0.0.0.10', country: 'Germany', city: 'Berlin', latitude: 52.5, longitude: 13.4 },
        ...{ distance_km: 900, rtt_ms: 1.5, limit_km: 253 },
      },
    ])
  })
})

describe('a scan that is not done', () => {
  const intervals = { firsts: Uint32Array.of(1, 0xfffffff0), lasts: Uint32Array.of(9, 0xffffffff) }
  it('is gone on with from its last checkpoint', () => {
    const store = freshStore()
    const done = begin(store)
    store.savePlan(done, { plan: { seed: 'old' }, ...intervals })
    store.finishRun(done, { finishedUs: STARTED_US + 1, outcome: 'done', summary: {} })
    expect(store.resumableScan()).toBeNull()
    const runId = begin(store)
    store.savePlan(runId, { plan: { seed: 'x', ports: [80] }, ...intervals })
    expect(store.resumableScan()).toEqual({
      runId,
      startedUs: STARTED_US,
      plan: { seed: 'x', ports: [80] },
      ...intervals,
      checkpoint: null,
    })
    store.saveCheckpoint(runId, { positions: [5, 6], totals: { sent: 11 }, savedUs: 1 })
    store.saveCheckpoint(runId, { positions: [7, 8], totals: { sent: 15 }, savedUs: 2 })
    store.finishRun(runId, { finishedUs: STARTED_US + 1, outcome: 'interrupted', summary: {} })
    const reopened = openStore(store.path, { mode: 'write' })
    expect(reopened.resumableScan()?.checkpoint).toEqual({ positions: [7, 8], totals: { sent: 15 }, savedUs: 2 })
    reopened.reopenRun(runId)
    expect(reopened.runs().at(-1)).toMatchObject({ outcome: null, finishedUs: null })
    reopened.forgetPlan(runId)
    expect(reopened.resumableScan()).toBeNull()
  })

  it('knows what has answered', () => {
    const store = freshStore()
    const [other, runId] = [begin(store), begin(store)]
    store.appendReplies(other, batchOf([{ address: 1 }]))
    store.appendReplies(
      runId,
      batchOf([
        { address: value('192.0.2.1'), port: 80 },
        { address: value('198.51.100.1'), target: value('192.0.2.2'), port: 65535, flags: 0 },
        // A late repeat that answers the last of sixteen questions.
        { address: value('192.0.2.3'), port: 53, flags: (15 << 4) | 7 },
      ]),
    )
    const { targets, kinds } = store.seenReplies(runId)
    expect([...targets]).toEqual([value('192.0.2.1'), value('192.0.2.2'), value('192.0.2.3')])
    expect([...kinds]).toEqual([161, 131070, 15 * 131072 + 107])
  })
})

describe('a better-sqlite3 that does not fit', () => {
  it.each([
    ['of another Node.js version', Object.assign(new Error(WRONG_VERSION), { code: 'ERR_DLOPEN_FAILED' })],
    [
      'that was never built',
      new Error('Could not locate the bindings file. Tried:\n → /srv/build/better_sqlite3.node'),
    ],
  ])('%s says how to build it again', (_name, cause) => {
    const error = storeError('/tmp/results.db', cause)
    expect(error.toLine()).toBe(
      `ERR_INTERNAL: better-sqlite3 was not built for this Node.js (${process.version}). Run: npm rebuild better-sqlite3`,
    )
    expect(error.cause).toBe(cause)
  })

  it('is what a real failure to load looks like', () => {
    const path = join(folder, 'broken.node')
    writeFileSync(path, 'no library')
    const load = (): unknown => new Database(':memory:', { nativeBinding: path })
    let cause: unknown
    try {
      load()
    } catch (error) {
      cause = error
    }
    expect(storeError('/tmp/results.db', cause).toLine()).toContain('npm rebuild better-sqlite3')
  })
})
