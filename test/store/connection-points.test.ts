import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Connection } from '../../src/core/connection.ts'
import { addConnection, HAS_ENDED, makeConnectionBatch } from '../../src/core/connection-batch.ts'
import { type IpAddress, type Ipv6, parseIp } from '../../src/core/ip.ts'
import { NO_PLACE } from '../../src/core/located-batch.ts'
import type { ConnectionPointsQuery } from '../../src/store/connection-points.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { errorCode } from '../error-code.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const folder = temporaryFolder('connection-points')
const T0_US = 1_800_000_000_000_000
const SECOND = 1_000_000
const ip = (text: string): IpAddress => parseIp(text)!
const [BERLIN, LIMA, NOWHERE, NEVER_ASKED] = ['192.0.2.1', '2001:db8::2', '192.0.2.3', '192.0.2.4'] as const

/** With whom, from when to when in seconds, and what else. */
type Seen = readonly [remote: string, began: number, ended: number, more?: Partial<Connection>]

const connectionOf = ([remote, began, ended, more]: Seen, id: number): Connection => ({
  ...{ id, protocol: 6, local: ip('10.0.0.1'), localPort: 50_000, remote: ip(remote), remotePort: 443 },
  ...{ initiator: 'local', packetsOut: 1, bytesOut: 60, packetsIn: 1, bytesIn: 60, tcpState: 'closed', rttUs: null },
  ...{ name: null, nameSource: 'none', process: null, device: null },
  ...{ firstUs: T0_US + began * SECOND, lastUs: T0_US + ended * SECOND },
  ...more,
})

let numbered = 0
const storeOf = (...runs: readonly (readonly Seen[])[]): Store => {
  numbered += 1
  const store = openStore(join(folder, `${numbered}.db`), { mode: 'write' })
  for (const seen of runs) {
    const run = store.beginRun({ command: 'watch', arguments: [], startedUs: T0_US })
    const batch = makeConnectionBatch(Math.max(8, Math.ceil(seen.length / 8) * 8))
    for (const [row, each] of seen.entries()) addConnection(batch, connectionOf(each, row + 1), HAS_ENDED)
    store.putConnections(run, batch)
  }
  const places = [
    { latitude: 52.5, longitude: 13.4, city: 'Berlin', countryCode: 'DE' },
    { latitude: -12, longitude: -77, city: 'Lima', countryCode: 'PE' },
  ]
  store.putPlaces('test', {
    addresses: Uint32Array.of(Number(ip(BERLIN)), Number(ip(NOWHERE))),
    placeIndex: Int32Array.of(0, NO_PLACE),
    places,
  })
  store.putPlaces('test', { addresses: [ip(LIMA) as Ipv6], placeIndex: Int32Array.of(1), places })
  return store
}

const SEEN: readonly Seen[] = [
  [BERLIN, 0, 25],
  [BERLIN, 1, 2, { protocol: 17 }],
  [LIMA, 12, 13, { initiator: 'remote', localPort: 22, remotePort: 60_000 }],
  [NOWHERE, 30, 31],
  [NEVER_ASKED, 5, 6],
]
const labelOf = ({ initiator }: { initiator: string }): string => initiator
const FRAMES = { startUs: T0_US, lengthUs: 10 * SECOND }

/** City, weight, and what else a row has. */
const rowsOf = (store: Store, query: ConnectionPointsQuery): (string | number)[][] => {
  const { details, weight, label, frame } = store.connectionPoints(query)
  return details.city.map((city, row) => [
    city ?? '',
    weight[row]!,
    ...(label?.slice(row, row + 1) ?? []),
    ...(frame?.slice(row, row + 1) ?? []),
  ])
}

describe('connections as points', () => {
  it('counts those with a place, without one, and never looked up', () => {
    const store = storeOf(SEEN)
    expect(store.connectionPoints()).toMatchObject({ located: 3, unlocated: 2, notLookedUp: 1 })
    expect(store.hasConnections()).toBe(true)
    expect(storeOf().hasConnections()).toBe(false)
    expect(store.unlocatedAddresses().ipv4).toEqual(Uint32Array.of(Number(ip(NEVER_ASKED))))
    expect(store.locationCounts()).toMatchObject({ addresses: 4, located: 2, unlocated: 1, notLookedUp: 1 })
  })

  it.each<[string, ConnectionPointsQuery, (string | number)[][]]>([
    [
      'all',
      {},
      [
        ['Berlin', 2],
        ['Lima', 1],
      ],
    ],
    ['a country', { countries: ['PE'] }, [['Lima', 1]]],
    ['a run that is not there', { run: 7 }, []],
    ['the port that was called from here', { port: 443 }, [['Berlin', 2]]],
    ['the port that was called from there', { port: 22 }, [['Lima', 1]]],
    ['what went on from then on', { sinceUs: T0_US + 20 * SECOND }, [['Berlin', 1]]],
    ['what went on before then', { untilUs: T0_US + 12 * SECOND }, [['Berlin', 2]]],
    [
      'by label',
      { labelOf },
      [
        ['Berlin', 2, 'local'],
        ['Lima', 1, 'remote'],
      ],
    ],
    [
      'frames of beginnings',
      { frames: { ...FRAMES, mode: 'first' } },
      [
        ['Berlin', 2, 0],
        ['Lima', 1, 1],
      ],
    ],
    [
      'frames of what was under way',
      { frames: { ...FRAMES, mode: 'each' } },
      [
        ['Berlin', 2, 0],
        ['Berlin', 1, 1],
        ['Berlin', 1, 2],
        ['Lima', 1, 1],
      ],
    ],
    [
      'frames within a chosen time',
      { sinceUs: T0_US + 15 * SECOND, untilUs: T0_US + 20 * SECOND, frames: { lengthUs: 10 * SECOND, mode: 'each' } },
      [['Berlin', 1, 0]],
    ],
  ])('%s', (_, query, rows) => {
    expect(rowsOf(storeOf(SEEN), query)).toEqual(rows)
  })

  it('keeps runs apart', () => {
    const store = storeOf(SEEN, [[BERLIN, 0, 1]])
    expect(rowsOf(store, { run: 2 })).toEqual([['Berlin', 1]])
    expect(rowsOf(store, {})[0]).toEqual(['Berlin', 3])
  })

  it('refuses more frames than anybody looks at', () => {
    const store = storeOf([...SEEN, [BERLIN, 100_000, 100_001]])
    const query = { frames: { lengthUs: SECOND, mode: 'each' } } as const
    expect(errorCode(() => store.connectionPoints(query))).toBe('ERR_USAGE')
  })

  const someSeen = fc.array(
    fc.record({ remote: fc.constantFrom(BERLIN, LIMA), began: fc.nat(60), lasts: fc.nat(60), isOurs: fc.boolean() }),
    { minLength: 1, maxLength: 30 },
  )
  it('has each connection in every frame in which it was under way, and in no other', () => {
    fc.assert(
      fc.property(someSeen, (all) => {
        const store = storeOf(
          all.map(({ remote, began, lasts, isOurs }) => [
            ...([remote, began, began + lasts] as const),
            { initiator: isOurs ? 'local' : 'remote' },
          ]),
        )
        const wanted = new Map<string, number>()
        for (const { remote, began, lasts, isOurs } of all) {
          for (let frame = Math.floor(began / 10); frame <= Math.floor((began + lasts) / 10); frame += 1) {
            const key = `${remote === BERLIN ? 'Berlin' : 'Lima'} ${isOurs ? 'local' : 'remote'} ${frame}`
            wanted.set(key, (wanted.get(key) ?? 0) + 1)
          }
        }
        const rows = rowsOf(store, { labelOf, frames: { ...FRAMES, mode: 'each' } })
        store.close()
        const found = rows.map(([city, weight, label, frame]) => [`${city} ${label} ${frame}`, weight] as const)
        expect(new Map(found)).toEqual(wanted)
        expect(found).toHaveLength(wanted.size)
      }),
      { numRuns: 60 },
    )
  })
})
