import { join } from 'node:path'
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BanEvent } from '../../src/core/ban.ts'
import { formatIp, type IpAddress, parseIp } from '../../src/core/ip.ts'
import { NEVER_US } from '../../src/store/ban-facts.ts'
import type { BanBatch } from '../../src/store/ban-writer.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const folder = temporaryFolder('bans')
let numbered = 0
const freshStore = (): Store => {
  numbered += 1
  return openStore(join(folder, `${numbered}.db`), { mode: 'write' })
}

const T0_US = 1_800_000_000_000_000
const SECOND = 1_000_000
const HOUR = 3600 * SECOND
const at = (seconds: number): number => T0_US + Math.round(seconds * SECOND)
const ip = (text: string): IpAddress => parseIp(text)!
const WHO = ip('192.0.2.7')

const event = (act: BanEvent['act'], seconds: number | null, more: Partial<BanEvent> = {}): BanEvent => ({
  ...{ act, address: WHO, jail: 'sshd', timeUs: seconds === null ? null : at(seconds) },
  ...more,
})
/** As the log, the database and a list without times tell of it. */
const log = (seconds: number, more: Partial<BanEvent> = {}) => event('ban', seconds, more)
const own = (seconds: number, lastsSeconds: number, more: Partial<BanEvent> = {}) =>
  event('ban', seconds, { endsUs: at(seconds + lastsSeconds), failures: 5, ...more })
const unban = (seconds: number, more: Partial<BanEvent> = {}) => event('unban', seconds, more)
const listed = (more: Partial<BanEvent> = {}) => event('ban', null, more)

let runs = 0
const put = (store: Store, events: readonly BanEvent[], more: Partial<BanBatch> = {}) => {
  runs += 1
  const run = store.beginRun({ command: 'bans import', arguments: [], startedUs: T0_US + runs })
  return store.banWriter(run).put({ events, host: 'a.test', seenUs: at(86_400), ...more })
}
/** Beginning and end in seconds; null = not known. */
const spans = (store: Store) =>
  store
    .bans()
    .map(({ address, beganUs, endsUs }) => [
      formatIp(address),
      (beganUs - T0_US) / SECOND,
      endsUs === null || endsUs === NEVER_US ? endsUs : (endsUs - T0_US) / SECOND,
    ])

describe('which facts are one ban', () => {
  it.each<[what: string, events: BanEvent[], bans: [began: number, ends: number | null][]]>([
    ['the database and the log, a moment later', [own(0, 600), log(1.234)], [[0, 600]]],
    ['the log of a guard that was busy', [own(0, 3600), log(420.5)], [[0, 3600]]],
    [
      'the log long after another ban',
      [own(0, 3600), log(700)],
      [
        [0, 3600],
        [700, null],
      ],
    ],
    [
      'the log after that ban has ended',
      [own(0, 60), log(61)],
      [
        [0, 60],
        [61, null],
      ],
    ],
    ['the log twice, by file and by journal', [log(1.234), log(1.235_017), log(1)], [[1, null]]],
    ['a time that was rounded up', [log(10.9), own(11, 600)], [[10.9, 611]]],
    ['database and client, a second apart', [own(10, 600), own(11, 600)], [[10, 611]]],
    [
      'two bans of the database',
      [own(0, 60), own(120, 60)],
      [
        [0, 60],
        [120, 180],
      ],
    ],
    [
      'one line of the log for each of two bans',
      [own(0, 60), log(1.5), unban(60.1), own(90, 60), log(91)],
      [
        [0, 60.1],
        [90, 150],
      ],
    ],
    [
      'two lines of the log without the unban',
      [log(1), log(400)],
      [
        [1, null],
        [400, null],
      ],
    ],
    ['an unban is the end', [own(0, 600), log(1), unban(30)], [[0, 30]]],
    ['an unban before all bans is none', [unban(5)], []],
    ['a restart lifts and restores', [own(0, 7200), log(1), unban(100), log(110, { again: 'restored' })], [[0, 7200]]],
    ['restored, and lifted in the end', [log(1), unban(100), log(110, { again: 'restored' }), unban(500)], [[1, 500]]],
    ['restored, and nobody knows of what', [log(110, { again: 'restored' })], [[110, null]]],
    ['restored after an unban of something older', [unban(5), log(110, { again: 'restored' })], [[110, null]]],
    [
      'restored after all known have ended',
      [own(0, 60), log(900, { again: 'restored' })],
      [
        [0, 60],
        [900, null],
      ],
    ],
    [
      'longer, because it came back',
      [own(0, 600), log(1), log(1.2, { again: 'increased', endsUs: at(7200) })],
      [[0, 7200]],
    ],
    [
      'longer, and that is written a moment before the ban',
      [log(0), unban(600), log(1000, { again: 'increased', endsUs: at(2200) }), log(1000.005)],
      [
        [0, 600],
        [1000, 2200],
      ],
    ],
    ['for ever', [own(0, 600), event('ban', 0, { endsUs: null })], [[0, NEVER_US]]],
    ['listed while it is banned', [own(86_000, 3600), listed()], [[86_000, 89_600]]],
    ['listed, nobody says since when', [listed(), listed()], [[86_400, null]]],
    [
      'listed after it was lifted',
      [own(0, 600), unban(30), listed()],
      [
        [0, 30],
        [86_400, null],
      ],
    ],
  ])('%s', (_, events, bans) => {
    for (const order of [events, events.toReversed()]) {
      const store = freshStore()
      for (const each of order) put(store, [each])
      put(store, order)
      expect(spans(store)).toEqual(bans.map((span) => ['192.0.2.7', ...span]))
      store.close()
    }
  })

  it('keeps jails, hosts and networks apart', () => {
    const store = freshStore()
    put(store, [log(1), log(1, { jail: 'nginx' }), log(1, { host: 'b.test' }), log(1, { prefixLength: 24 })])
    put(store, [log(1, { host: 'c.test' })], { host: 'a.test', hostWins: true })
    put(store, [log(1, { address: ip('192.0.2.200'), prefixLength: 24 }), log(1, { prefixLength: 32 })])
    put(store, [log(1, { address: ip('2001:db8::1:2'), prefixLength: 112 })])
    expect(
      store
        .bans()
        .map(({ host, jail, address, prefixBits }) => `${host} ${jail} ${formatIp(address)}/${prefixBits}`)
        .sort(),
    ).toEqual([
      'a.test nginx 192.0.2.7/32',
      'a.test sshd 192.0.2.0/24',
      'a.test sshd 192.0.2.7/32',
      'a.test sshd 2001:db8::1:0/112',
      'b.test sshd 192.0.2.7/32',
    ])
    expect(store.bans({ hosts: ['b.test'] })).toHaveLength(1)
    expect(store.bans({ jails: ['nginx', 'x'] })).toHaveLength(1)
    expect(store.bans({ sinceUs: at(1), untilUs: at(2) })).toHaveLength(5)
    expect(store.bans({ untilUs: at(1) })).toEqual([])
    store.close()
  })

  it('counts what is new, and whom the last report did not tell of', () => {
    const store = freshStore()
    const first = put(store, [own(0, 60), log(1), log(900)])
    expect(first).toMatchObject({ fresh: 3, known: 0 })
    expect(store.newBans(new Set([first.run]))).toBe(2)
    expect(store.reportedRun()).toBe(0)
    expect(store.putReported()).toBe(first.run)
    expect(store.reportedRun()).toBe(first.run)
    const second = put(store, [own(0, 60), own(899, 60), own(5000, 60)])
    expect(second).toMatchObject({ fresh: 2, known: 1 })
    expect(store.newBans(new Set([second.run]))).toBe(1)
    expect(store.bans().filter(({ run }) => run > first.run)).toHaveLength(1)
    store.close()
  })

  it('an import that goes on while a report is made tells of new bans after it', () => {
    const store = freshStore()
    const run = store.beginRun({ command: 'bans', arguments: ['--follow'], startedUs: T0_US })
    const writer = store.banWriter(run)
    const write = (seconds: number) => writer.put({ events: [log(seconds)], host: 'a.test', seenUs: at(seconds) })
    expect(write(1).run).toBe(run)
    expect(store.putReported()).toBe(run)
    const later = [write(1000), write(2000)]
    expect(later.map((each) => each.run)).toEqual([run + 1, run + 1])
    expect(store.bans().filter((ban) => ban.run > store.reportedRun())).toHaveLength(2)
    expect(store.newBans(new Set([run, run + 1]))).toBe(3)
    expect(store.runs().map(({ command, outcome }) => [command, outcome])).toEqual([
      ['bans', null],
      ['bans', 'done'],
    ])
    // A report that could not be printed.
    expect(store.putReported(run)).toBe(run)
    expect(store.reportedRun()).toBe(run)
    store.close()
  })

  it('forgets what has ended, whole bans at a time', () => {
    const store = freshStore()
    put(store, [
      own(0, 60),
      log(1),
      own(1000, HOUR),
      log(1001),
      event('ban', 10, { jail: 'ever', endsUs: null }),
      unban(5, { jail: 'x' }),
    ])
    put(store, [event('attempt', 0), event('attempt', 7200)])
    expect(store.purgeBans(at(4000))).toBe(4)
    expect(spans(store)).toEqual([
      ['192.0.2.7', 10, NEVER_US],
      ['192.0.2.7', 1000, 1000 + HOUR],
    ])
    expect(store.banAttempts()).toMatchObject([{ count: 1 }])
    store.close()
  })
})

describe('attempts', () => {
  it('are added up within an import and not counted twice over several', () => {
    const store = freshStore()
    const tries = [
      event('attempt', 1),
      event('attempt', 2),
      event('attempt', 3, { failures: 4 }),
      event('attempt', 4000),
    ]
    put(store, tries)
    put(store, tries.slice(0, 2))
    put(store, tries)
    expect(store.banAttempts()).toMatchObject([{ count: 7, jail: 'sshd', host: 'a.test' }])
    expect(store.bans()).toEqual([])
    const run = store.beginRun({ command: 'bans', arguments: [], startedUs: T0_US })
    const writer = store.banWriter(run)
    for (const each of tries) writer.put({ events: [each, each], host: 'b.test', seenUs: at(0) })
    expect(store.banAttempts({ hosts: ['b.test'] })).toMatchObject([{ count: 14 }])
    store.close()
  })
})

describe('for people and for the rest of the program', () => {
  it('shows bans with their places', () => {
    const store = freshStore()
    put(store, [
      own(0, 600),
      event('ban', 5, { endsUs: null, jail: "'; DROP TABLE jails" }),
      log(9, { address: ip('2001:db8::'), prefixLength: 32 }),
    ])
    expect(store.unlocatedAddresses().ipv4).toEqual(Uint32Array.of(Number(WHO)))
    expect(store.unlocatedAddresses().ipv6).toEqual([ip('2001:db8::')])
    store.putPlaces('test', {
      addresses: Uint32Array.of(Number(WHO)),
      placeIndex: Int32Array.of(0),
      places: [{ latitude: 52.5, longitude: 13.4, country: 'Germany', countryCode: 'DE', city: 'Berlin', asn: 64500 }],
    })
    expect(store.hasBans()).toBe(true)
    expect(store.bans({ countries: ['DE'] })).toHaveLength(2)
    const [place] = store.banPlaces().values()
    expect(place).toMatchObject({ city: 'Berlin', asn: 64500 })
    expect(store.banPoints()).toMatchObject({ weight: Float64Array.of(2), located: 2, unlocated: 1, notLookedUp: 1 })
    expect(store.banPoints({ groupBy: 'jail' }).label).toEqual(["'; DROP TABLE jails", 'sshd'])
    const frames = store.banPoints({ frames: { lengthUs: 5 * SECOND, mode: 'first' } })
    expect([frames.frame, frames.frameCount, frames.weight]).toEqual([Uint32Array.of(0, 1), 2, Float64Array.of(1, 1)])
    const database = new Database(store.path, { readonly: true })
    const rows = database.prepare('SELECT time, address, jail, ends, city, listed FROM ban_results ORDER BY time').all()
    database.close()
    expect(rows).toEqual([
      {
        time: '2027-01-15T08:00:00.000Z',
        address: '192.0.2.7',
        jail: 'sshd',
        ends: '2027-01-15T08:10:00.000Z',
        city: 'Berlin',
        listed: 0,
      },
      {
        time: '2027-01-15T08:00:05.000Z',
        address: '192.0.2.7',
        jail: "'; DROP TABLE jails",
        ends: 'never',
        city: 'Berlin',
        listed: 0,
      },
      {
        time: '2027-01-15T08:00:09.000Z',
        address: '2001:0db8:0000:0000:0000:0000:0000:0000/32',
        jail: 'sshd',
        ends: null,
        city: null,
        listed: 0,
      },
    ])
    store.close()
  })
})

describe('the count of new bans', () => {
  const WHOSE = [WHO, ip('192.0.2.8'), ip('2001:db8::1'), ip('2001:db8::2')]
  const anyFact = fc.record({
    address: fc.constantFrom(...WHOSE),
    act: fc.constantFrom('ban' as const, 'ban' as const, 'unban' as const),
    timeUs: fc.option(
      fc.integer({ min: 0, max: 3_000 }).map((tenths) => T0_US + tenths * 700_000),
      { freq: 8, nil: null },
    ),
    lasts: fc.constantFrom(undefined, undefined, null, 1, 60, 900),
    again: fc.constantFrom(undefined, undefined, 'restored' as const, 'increased' as const),
    jail: fc.constantFrom('a', 'b'),
  })
  it('is that of the view, whatever is told', () => {
    fc.assert(
      fc.property(fc.array(fc.array(anyFact, { maxLength: 30 }), { minLength: 1, maxLength: 4 }), (imports) => {
        const store = freshStore()
        for (const facts of imports) {
          put(
            store,
            facts.map(({ lasts, again, ...fact }) => ({
              ...fact,
              ...(again === undefined ? {} : { again }),
              ...(lasts === undefined
                ? {}
                : { endsUs: lasts === null ? null : (fact.timeUs ?? T0_US) + lasts * SECOND }),
            })),
            { seenUs: at(1000) },
          )
        }
        const bans = store.bans()
        const counts = store
          .runs()
          .map(({ id }) => [store.newBans(new Set([id])), bans.filter(({ run }) => run === id).length])
        store.close()
        for (const [counted, seen] of counts) expect(counted).toBe(seen)
      }),
      { numRuns: 60, seed: 7 },
    )
  })
})

describe('the same bans in any order', () => {
  /** What a guard does to one address: bans with failures, length, restarts, an unban or none. */
  const history = fc.array(
    fc.record({
      gapSeconds: fc.integer({ min: 700, max: 5000 }),
      lastsSeconds: fc.integer({ min: 5, max: 400 }),
      lagMs: fc.integer({ min: 1, max: 900 }),
      restartAfter: fc.option(fc.double({ min: 0.2, max: 0.8, noNaN: true }), { nil: null }),
    }),
    { minLength: 1, maxLength: 5 },
  )
  it('whoever tells of them, and however often', () => {
    fc.assert(
      fc.property(fc.array(history, { minLength: 1, maxLength: 3 }), fc.infiniteStream(fc.nat()), (hosts, picks) => {
        const truth: string[] = []
        const sources: BanEvent[][] = []
        for (const [number, bans] of hosts.entries()) {
          const address = ip(`198.51.100.${number}`)
          const [database, logged, journal]: BanEvent[][] = [[], [], []]
          let now = 0
          for (const { gapSeconds, lastsSeconds, lagMs, restartAfter } of bans) {
            now += gapSeconds
            const ends = now + lastsSeconds
            truth.push(`${formatIp(address)} ${now}`)
            database!.push(own(now, lastsSeconds, { address }))
            const lines = [log(now + lagMs / 1000, { address })]
            if (restartAfter !== null) {
              const stop = now + 1 + lastsSeconds * restartAfter
              if (stop + 1 < ends) lines.push(unban(stop, { address }), log(stop + 0.5, { address, again: 'restored' }))
            }
            lines.push(unban(ends + 0.25, { address }))
            logged!.push(...lines)
            journal!.push(...lines.map((line) => ({ ...line, timeUs: line.timeUs! + 321 })))
            now = ends + 1
          }
          sources.push(database!, logged!, journal!)
        }
        const store = freshStore()
        const imports = [...sources, ...sources].map((source) => ({ source, order: picks.next().value as number }))
        for (const { source } of imports.sort((a, b) => a.order - b.order)) {
          const shuffled = source.map((each) => ({ each, order: picks.next().value as number }))
          put(
            store,
            shuffled.sort((a, b) => a.order - b.order).map(({ each }) => each),
          )
        }
        for (const { id } of store.runs()) {
          expect(store.newBans(new Set([id]))).toBe(store.bans().filter(({ run }) => run === id).length)
        }
        const found = store.bans().map(({ address, beganUs }) => `${formatIp(address)} ${(beganUs - T0_US) / SECOND}`)
        store.close()
        expect(found.sort()).toEqual(truth.sort())
      }),
      { numRuns: 40, seed: 5 },
    )
  })
})
