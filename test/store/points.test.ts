import { appendFileSync, closeSync, copyFileSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseFilter } from '../../src/core/filter-syntax.ts'
import { NO_PLACE } from '../../src/core/located-batch.ts'
import { PLACE_STATES, type Place, type PlaceState } from '../../src/core/place.ts'
import { randomStream } from '../../src/core/random.ts'
import { makeReplyBatch } from '../../src/core/reply-batch.ts'
import type { PointsQuery } from '../../src/store/points.ts'
import { RESULT_COLUMNS } from '../../src/store/result-columns.ts'
import { withRowPages } from '../../src/store/row-pages.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { caught } from '../error-code.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const folder = temporaryFolder('points')
const HOUR_US = 3_600_000_000
/** Runs begin five hours apart. */
const STARTED_US = 1_800_000_000_000_000
const RUNS = 3
const PORTS = [22, 80, 443, 65_535]
const random = randomStream('points', 'file')

const makePlaces = (): Place[] =>
  Array.from({ length: 300 }, (_, i): Place => {
    const country = ['DE', 'FR', 'US'][random.nextBelow(4)]
    const state: PlaceState | undefined = PLACE_STATES[random.nextBelow(9)]
    return {
      ...(random.nextBelow(5) === 0
        ? {}
        : { latitude: random.nextFloat() * 180 - 90, longitude: random.nextFloat() * 360 - 180 }),
      ...(country === undefined ? {} : { countryCode: country, country: `The ${country}` }),
      ...(state === undefined ? {} : { state }),
      ...(random.nextBelow(3) === 0 ? { accuracyKm: random.nextBelow(1000), region: `Region ${i % 20}` } : {}),
      ...(random.nextBelow(2) === 0 ? { asn: 64_500 + (i % 9), asOrganization: `Holder ${i % 9}` } : {}),
      city: `City ${i}`,
    }
  })

/** All over the space, with its ends; many share networks. */
const makeAddresses = (count: number): Uint32Array =>
  Uint32Array.from(
    new Set([0, 2 ** 32 - 1, ...Array.from({ length: count }, () => random.nextUint32() & ~0x3ff00)]),
    (each) => each >>> 0,
  ).sort()

const putObservations = (store: Store, run: number, addresses: Uint32Array, rows: number): void => {
  const startedUs = STARTED_US + run * 5 * HOUR_US
  const runId = store.beginRun({ command: 'scan', arguments: [], startedUs })
  const batch = makeReplyBatch(10_000, 20_000_000)
  for (let written = 0; written < rows; written += batch.count) {
    batch.count = Math.min(10_000, rows - written)
    batch.heapUsed = 0
    for (let i = 0; i < batch.count; i += 1) {
      // Early ones are of few addresses, so that each is seen again and again.
      const index = random.nextBelow(random.nextBelow(2) === 0 ? 500 : addresses.length)
      batch.address[i] = addresses[index]!
      batch.target[i] = random.nextBelow(10) === 0 ? addresses[0]! : addresses[index]!
      batch.timeUs[i] = startedUs + random.nextBelow(random.nextBelow(3) === 0 ? 100 : 4 * HOUR_US)
      batch.port[i] = PORTS[random.nextBelow(PORTS.length)]!
      batch.classification[i] = random.nextBelow(12)
      batch.flags[i] = random.nextBelow(4) === 0 ? random.nextBelow(64) : 1
      batch.ttl[i] = random.nextBelow(256)
      batch.rttUs[i] = random.nextBelow(3) === 0 ? 0 : random.nextBelow(2 ** (1 + random.nextBelow(24)))
      batch.icmpType[i] = random.nextBelow(12)
      batch.dataOffset[i] = batch.heapUsed
      // Some fill pages of their own, which also makes the file one that is read by pages.
      batch.dataLength[i] = random.nextBelow(6) === 0 ? random.nextBelow(9000) : 0
      batch.heapUsed += batch.dataLength[i]!
    }
    store.appendReplies(runId, batch)
  }
}

/** What the writers of a scan do not write: IPv6 addresses, and rows of a run that is not there. */
const putRest = (path: string): void => {
  const database = new Database(path)
  const ipv6 = (i: number): Buffer => Buffer.from(`20010db8${i.toString(16).padStart(24, '0')}`, 'hex')
  const observe = database.prepare(
    `INSERT INTO observations (run, time_us, address, target, port, classification, flags, ttl, rtt_us)
     VALUES (?, ?, ?, ?, ?, 1, ?, 64, ?)`,
  )
  const locate = database.prepare('INSERT INTO locations (address, place) VALUES (?, ?)')
  database.transaction(() => {
    for (let i = 0; i < 300; i += 1) {
      const target = i % 5 === 0 ? ipv6(0) : null
      observe.run(1 + (i % RUNS), i * 1e7, ipv6(i % 200), target, PORTS[i % 4], i % 7 === 0 ? 2 : 1, i % 2 ? i : null)
    }
    for (let i = 0; i < 150; i += 1) locate.run(ipv6(i), i % 4 === 0 ? null : 1 + (i % 90))
    observe.run(99, 5, 7, null, 80, 1, null)
  })()
  database.close()
}

const large = join(folder, 'large.db')
beforeAll(() => {
  const addresses = makeAddresses(25_000)
  const store = openStore(large, { mode: 'write' })
  for (let run = 0; run < RUNS; run += 1) putObservations(store, run, addresses, 10_000)
  const lookedUp = addresses.filter(() => random.nextBelow(6) > 0)
  const places = makePlaces()
  const placeIndex = Int32Array.from(lookedUp, () => (random.nextBelow(8) === 0 ? NO_PLACE : random.nextBelow(300)))
  store.putPlaces('test', { addresses: lookedUp, placeIndex, places })
  store.close()
  putRest(large)
})

interface Sighting {
  address: string
  port: number
  timeUs: number
  rttUs: number | null
  lookedUp: number
  place: number | null
  drawn: number
  state: PlaceState | null
  country: string | null
}

const query = <T>(sql: string, path = large): T[] => {
  const database = new Database(path, { readonly: true })
  try {
    return database.prepare(sql).all() as T[]
  } finally {
    database.close()
  }
}

const SUCCESS = 'o.flags & 1 = 1 AND o.flags & 2 = 0'
/** What SQLite says of the rows that a condition names. */
const sightings = (condition: string): Sighting[] =>
  query(`SELECT hex(o.address) AS address, o.port, r.started_us + o.time_us AS timeUs, o.rtt_us AS rttUs,
      l.address IS NOT NULL AS lookedUp, l.place, p.latitude IS NOT NULL AND p.longitude IS NOT NULL AS drawn, p.state,
      p.country_code AS country
    FROM observations o LEFT JOIN runs r ON r.id = o.run LEFT JOIN locations l ON l.address = o.address
      LEFT JOIN places p ON p.id = l.place WHERE ${condition}`)

const groupsOf = <T>(rows: readonly T[], keyOf: (row: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>()
  for (const row of rows) {
    const key = keyOf(row)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  return groups
}
const distinct = (rows: readonly Sighting[]): number => new Set(rows.map(({ address }) => address)).size

/** The counts beside the rows. */
const expectedCounts = (rows: readonly Sighting[]) => {
  const undrawn = rows.filter(({ drawn }) => drawn === 0)
  const countries = [
    ...groupsOf(
      rows.filter(({ country }) => country !== null),
      ({ country }) => String(country),
    ),
  ]
  return {
    unlocated: distinct(undrawn),
    private: distinct(undrawn.filter(({ state }) => state === 'private')),
    anycast: distinct(undrawn.filter(({ state }) => state === 'anycast')),
    notLookedUp: distinct(rows.filter(({ lookedUp }) => lookedUp === 0)),
    countries: new Map(countries.map(([country, some]) => [country, distinct(some)])),
  }
}

const median = (values: number[]): number => {
  values.sort((a, b) => a - b)
  const middle = values.length / 2
  return values.length === 0 ? Number.NaN : (values[Math.ceil(middle) - 1]! + values[Math.floor(middle)]!) / 2
}

/** Place, frame, weight and key of each row, as one would say it. */
const expectedRows = (rows: readonly Sighting[], { groupBy, frames }: PointsQuery, firstFrameUs: number) => {
  const drawn = rows.filter(({ drawn }) => drawn === 1)
  const frameOf = ({ timeUs }: Sighting): number =>
    frames === undefined ? 0 : Math.floor((timeUs - firstFrameUs) / frames.lengthUs)
  const portOf = ({ port }: Sighting): number => (groupBy === 'port' ? port : 0)
  const first = new Map<string, number>()
  for (const [key, some] of groupsOf(drawn, (row) => `${row.address} ${portOf(row)}`)) {
    first.set(
      key,
      some.reduce((least, row) => Math.min(least, frameOf(row)), Number.POSITIVE_INFINITY),
    )
  }
  const kept =
    frames?.mode === 'first'
      ? drawn.filter((row) => first.get(`${row.address} ${portOf(row)}`) === frameOf(row))
      : drawn
  const least = new Map<string, number>()
  for (const { address, rttUs } of rows) {
    if (rttUs !== null) least.set(address, Math.min(rttUs, least.get(address) ?? Number.POSITIVE_INFINITY))
  }
  const result = [...groupsOf(kept, (row) => `${row.place} ${portOf(row)} ${frameOf(row)}`)].map(([key, some]) => {
    const [place = 0, port = 0, frame = 0] = key.split(' ').map(Number)
    const rtts = [...new Set(some.map(({ address }) => address))].flatMap((address) => least.get(address) ?? [])
    const keys = {
      port,
      rtt: median(rtts),
      'first-seen': some.reduce((earliest, { timeUs }) => Math.min(earliest, timeUs), Number.POSITIVE_INFINITY),
    }
    return { place, port, frame, weight: distinct(some), key: groupBy === undefined ? undefined : keys[groupBy] }
  })
  return result
    .sort((a, b) => a.place - b.place || a.port - b.port || a.frame - b.frame)
    .map(({ place, frame, weight, key }) => ({ place, frame, weight, key }))
}

const where = (text: string): PointsQuery => ({ where: parseFilter(text, { option: '--where', signedDecimals: true }) })
const since = STARTED_US + 5 * HOUR_US
const until = STARTED_US + 6 * HOUR_US

/** Selections, and the same in SQL. */
const SELECTIONS: readonly [string, PointsQuery, string][] = [
  ['nothing said', {}, SUCCESS],
  ['everything', { everything: true }, 'true'],
  ['a run', { run: 2 }, `${SUCCESS} AND o.run = 2`],
  ['a run that is not there', { run: 98 }, 'false'],
  ['a port', { port: 65_535 }, `${SUCCESS} AND o.port = 65535`],
  ['a run, a port, everything', { run: 1, port: 22, everything: true }, 'o.run = 1 AND o.port = 22'],
  ['since', { sinceUs: since }, `${SUCCESS} AND r.started_us + o.time_us >= ${since}`],
  ['until', { untilUs: until }, `${SUCCESS} AND r.started_us + o.time_us < ${until}`],
  [
    'an hour',
    { sinceUs: since, untilUs: until },
    `${SUCCESS} AND r.started_us + o.time_us BETWEEN ${since} AND ${until - 1}`,
  ],
  ['a country', { countries: ['DE'] }, `${SUCCESS} AND p.country_code = 'DE'`],
  ['countries', { countries: ['FR', 'XX', 'US'] }, `${SUCCESS} AND p.country_code IN ('FR', 'US')`],
  ['no country', { countries: [] }, 'false'],
  ['a country, a port', { countries: ['DE'], port: 80 }, `${SUCCESS} AND p.country_code = 'DE' AND o.port = 80`],
  [
    'a filter',
    where('ttl < 64 && (country_code = DE || asn = 64500)'),
    `${SUCCESS} AND o.ttl < 64 AND (p.country_code = 'DE' OR p.asn = 64500)`,
  ],
  ['zmap’s word', where('classification = synack'), `${SUCCESS} AND o.classification = 1`],
  ['our word', where('classification != syn-ack'), `${SUCCESS} AND o.classification <> 1`],
  [
    'decimals',
    where('latitude >= -10.5 && longitude < 20.25'),
    `${SUCCESS} AND p.latitude >= -10.5 AND p.longitude < 20.25`,
  ],
  ['unequal to what is unknown', where('asn != 64500'), `${SUCCESS} AND p.asn IS NOT 64500`],
  ['no place', where('location = "not looked up"'), `${SUCCESS} AND l.address IS NULL`],
  ['a text with quotes in it', where(`city != "O'Hare; --"`), SUCCESS],
  [
    'an address',
    where('saddr = "255.255.255.255" || saddr = "2001:db8::7"'),
    `${SUCCESS} AND hex(o.address) IN ('34323934393637323935', '20010DB8000000000000000000000007')`,
  ],
  [
    'a measured RTT',
    { ...where('rtt_us < 1000'), everything: true, countries: ['US'] },
    `o.rtt_us < 1000 AND p.country_code = 'US'`,
  ],
]

const opened = <T>(path: string, work: (store: Store) => T): T => {
  const store = openStore(path, { mode: 'read' })
  try {
    return work(store)
  } finally {
    store.close()
  }
}
/** The same while a writer's last words are in the log, so that SQLite has to read every row. */
const whileWritten = <T>(work: () => T): T => {
  const writer = new Database(large)
  try {
    writer.exec("UPDATE runs SET seed = 'written'")
    return work()
  } finally {
    writer.close()
  }
}
const hasPages = (): boolean => {
  const database = new Database(large)
  try {
    return database.transaction(() => withRowPages(database, (pages) => pages !== null))()
  } finally {
    database.close()
  }
}

describe('points are those that plain SQL finds', () => {
  it('from pages, and without where something is in the log', () => {
    expect(hasPages()).toBe(true)
    expect(whileWritten(hasPages)).toBe(false)
  })
  it('and so are the observations of each run', () => {
    const counted = query('SELECT run AS id, count(*) AS observations FROM observations WHERE run < 99 GROUP BY run')
    const check = (): void => opened(large, (store) => expect(store.runs()).toMatchObject(counted))
    check()
    whileWritten(check)
  })
  it.each(SELECTIONS)('%s', (_name, selection, condition) => {
    const rows = sightings(condition)
    const places = new Map(query<{ id: number; latitude: number }>('SELECT * FROM places').map((row) => [row.id, row]))
    const check = (): void =>
      opened(large, (store) => {
        const points = store.points(selection)
        expect(points).toMatchObject(expectedCounts(rows))
        const found = Array.from(points.place, (place, i) => ({
          place,
          frame: 0,
          weight: points.weight[i],
          key: undefined,
        }))
        expect(found).toEqual(expectedRows(rows, {}, 0))
        expect([...points.latitude]).toEqual(Array.from(points.place, (place) => places.get(place)?.latitude))
        const addresses = new Set(
          query<{ address: number }>(`SELECT DISTINCT o.address FROM observations o LEFT JOIN runs r ON r.id = o.run
            LEFT JOIN locations l ON l.address = o.address LEFT JOIN places p ON p.id = l.place
            WHERE typeof(o.address) = 'integer' AND ${condition} ORDER BY 1`).map(({ address }) => address),
        )
        expect([...store.addresses(selection)]).toEqual([...addresses])
      })
    check()
    whileWritten(check)
  })
})

const framed = (lengthUs: number, mode: 'first' | 'each'): PointsQuery => ({ frames: { lengthUs, mode } })
const SPLITS: readonly [string, PointsQuery][] = [
  ['by port', { groupBy: 'port' }],
  ['by RTT', { groupBy: 'rtt' }],
  ['by first sight', { groupBy: 'first-seen' }],
  ['in hours, first', framed(HOUR_US, 'first')],
  ['in hours, each', framed(HOUR_US, 'each')],
  ['in minutes, each', framed(60e6, 'each')],
  ['by port in hours, first', { groupBy: 'port', ...framed(HOUR_US, 'first') }],
  ['by port in hours, each', { groupBy: 'port', ...framed(HOUR_US, 'each') }],
  ['by RTT in hours, first', { groupBy: 'rtt', ...framed(HOUR_US, 'first') }],
  ['by RTT in hours, each', { groupBy: 'rtt', ...framed(HOUR_US, 'each') }],
  ['by first sight in days, first', { groupBy: 'first-seen', ...framed(24 * HOUR_US, 'first') }],
  ['by first sight in hours, each', { groupBy: 'first-seen', ...framed(HOUR_US, 'each') }],
  ['from a given time', { frames: { startUs: since + 7, lengthUs: HOUR_US, mode: 'first' } }],
]

describe('finer rows are those that plain SQL finds', () => {
  it.each(SPLITS)('%s', (_name, split) => {
    const { startUs, lengthUs = 1 } = split.frames ?? {}
    const condition = `${SUCCESS} AND r.id IS NOT NULL AND r.started_us + o.time_us >= ${startUs ?? 0}`
    const rows = sightings(condition)
    const earliestUs = rows.reduce((least, { drawn, timeUs }) => (drawn ? Math.min(least, timeUs) : least), Infinity)
    const latestUs = rows.reduce((most, { drawn, timeUs }) => (drawn ? Math.max(most, timeUs) : most), 0)
    const firstFrameUs = startUs ?? Math.floor(earliestUs / lengthUs) * lengthUs
    const check = (): void =>
      opened(large, (store) => {
        const points = store.points(split)
        const found = Array.from(points.place, (place, i) => ({
          ...{ place, frame: points.frame?.[i] ?? 0, weight: points.weight[i], key: points.key?.[i] },
        }))
        expect(found).toEqual(expectedRows(rows, split, firstFrameUs))
        expect(points.details.city).toHaveLength(points.place.length)
        if (split.frames === undefined) return
        const frameCount = Math.floor((latestUs - firstFrameUs) / lengthUs) + 1
        expect(points).toMatchObject({ firstFrameUs, frameCount })
      })
    check()
    whileWritten(check)
  })
  it('of nothing are none', () => {
    const points = opened(large, (store) => store.points({ run: 98, groupBy: 'rtt', ...framed(HOUR_US, 'each') }))
    expect(points).toMatchObject({ frameCount: 0, weight: new Float64Array(), key: new Float64Array() })
  })
  it.each<[number, RegExp]>([
    [1e6, /frames are too many: 1000 at most.*seconds do/],
    [0, /has no length/],
    [Number.NaN, /has no length/],
  ])('frames of %s µs are refused', (lengthUs, message) => {
    const error = caught(() => opened(large, (store) => store.points(framed(lengthUs, 'first'))))
    expect(error.toLine()).toMatch(message)
    expect(error.code).toBe('ERR_USAGE')
  })
})

describe('a filter that does not fit', () => {
  it.each<[string, RegExp]>([
    ['colour = red', /--where, column 1: there is no field named "colour".*Known: run, time, saddr, .*isp, data/],
    ['ttl = 1 && city < Berlin', /column 19.*texts have no order: city/],
    ['ttl = many', /ttl is a number and never a text/],
    ['city = 5', /city is a text and never a number/],
    ['classification = ack', /no classification "ack".*syn-ack/],
    ['saddr = here', /"here" is no address/],
  ])('%s', (text, message) => {
    const error = caught(() => opened(large, (store) => store.points(where(text))))
    expect(error.toLine()).toMatch(message)
    expect(error.code).toBe('ERR_USAGE')
  })
  it('as long and as deep as the language allows is answered', () => {
    const chain = Array.from({ length: 999 }, (_, i) => `ttl != ${i + 300}`).join(' && ')
    const deep = `${'('.repeat(100)}${chain}${')'.repeat(100)} || port = 1`
    const count = (query: PointsQuery): number => opened(large, (store) => store.addresses(query)).length
    expect(count({ ...where(deep), run: 1 })).toBe(count({ run: 1 }))
  })
})

describe('rows for an export', () => {
  it.each(SELECTIONS.filter(([name]) => !name.includes('everything') && name !== 'nothing said'))(
    '%s: what the view `results` has',
    (_name, selection, condition) => {
      const sql = `SELECT ${RESULT_COLUMNS.join(', ')} FROM results`
      const found = opened(large, (store) => [...store.results(selection)])
      // A row of the view for each row of the condition, by order of writing: both read the observations in that order.
      const ids = new Set(
        query<{ at: number }>(`SELECT o.rowid AS at FROM observations o JOIN runs r ON r.id = o.run
          LEFT JOIN locations l ON l.address = o.address LEFT JOIN places p ON p.id = l.place WHERE ${condition}`).map(
          ({ at }) => at,
        ),
      )
      expect(found).toHaveLength(ids.size)
      const some = [...ids].slice(0, 200)
      const all = query<Record<string, unknown>>(`${sql} LIMIT ${Math.max(0, ...some)}`)
      expect(found.slice(0, some.length)).toEqual(some.map((id) => Object.values(all[id - 1] ?? {})))
    },
  )
})

describe('a damaged file', () => {
  it.each<[string, number]>([
    ['the ends of some pages', 4000],
    ['the lists of rows of some pages', 12],
    ['the heads of some pages', 0],
  ])('is never taken for a whole one: %s', (_name, offset) => {
    const path = join(folder, `damaged-${offset}.db`)
    copyFileSync(large, path)
    const leaves = query<{ page: number }>(
      "SELECT pageno AS page FROM dbstat WHERE name = 'observations' AND pagetype = 'leaf'",
    )
    expect(leaves.length).toBeGreaterThan(100)
    const file = openSync(path, 'r+')
    for (const { page } of leaves.slice(50, 60)) {
      writeSync(file, Buffer.alloc(64, 0xff), 0, 64, (page - 1) * 4096 + offset)
    }
    closeSync(file)
    // Rows may be lost where SQLite itself does not notice; what is found then is what SQLite finds.
    const outcome = (work: (store: Store) => unknown): string => {
      try {
        return JSON.stringify(opened(path, work))
      } catch (error) {
        return error instanceof Error ? error.name : String(error)
      }
    }
    const byPages = outcome((store) => [...store.points().weight])
    const writer = new Database(path)
    writer.exec("UPDATE runs SET seed = 'written'")
    const bySql = outcome((store) => [...store.points().weight])
    writer.close()
    expect(byPages).toBe(bySql)
  })
  it('that is longer than it says is read as it says', () => {
    const path = join(folder, 'longer.db')
    copyFileSync(large, path)
    appendFileSync(path, Buffer.alloc(8192, 0x55))
    expect(opened(path, (store) => store.points())).toEqual(opened(large, (store) => store.points()))
  })
})
