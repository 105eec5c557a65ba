/** Damaged and hostile databases: a clear error in bounded time, never a crash, a hang or a place that nobody wrote. */

import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { InterplotError } from '../../src/core/errors.ts'
import { type IpAddress, ipv4, parseIp } from '../../src/core/ip.ts'
import type { Place } from '../../src/core/place.ts'
import { deriveWords } from '../../src/core/random.ts'
import { bitsOfAnswer, placeOfAnswer } from '../../src/geo/answer.ts'
import { verifyDatabase } from '../../src/geo/database-verdict.ts'
import { indexPath, makeIndex, readIndex } from '../../src/geo/indexed-database.ts'
import { type MmdbReader, openMmdb } from '../../src/geo/mmdb.ts'
import { buildPlaceIndex } from '../../src/geo/place-index.ts'
import { indexSource, type PlaceSource, treeSource } from '../../src/geo/place-source.ts'
import { errorCode } from '../error-code.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { BAD_DATABASES } from './bad-databases.ts'
import { flatRecord, makeMmdb } from './mmdb-fixture.ts'

const folder = temporaryFolder('bad-databases')
const path = join(folder, 'bad.mmdb')
const save = (bytes: Buffer): void => {
  rmSync(indexPath(path), { force: true })
  writeFileSync(path, bytes)
}

/** The result, or null for a file that is refused; any other failure goes on. */
const orRefused = <T>(work: () => T): T | null => {
  try {
    return work()
  } catch (error) {
    if (error instanceof InterplotError && error.code === 'ERR_GEO_DATABASE') return null
    throw error
  }
}

const ADDRESSES = [
  '0.0.0.0',
  '10.1.2.3',
  '127.255.255.255',
  '128.0.0.0',
  '200.1.1.1',
  '255.255.255.255',
  '::',
  '2a00::1',
]
const SECONDS = 20

/** What any reader makes of the file in `path`: its places, or null. */
const placesFound = (): (Place | null)[] => {
  const found: (Place | null)[] = []
  const ask = (source: PlaceSource): void => {
    for (const text of ADDRESSES) {
      const answer = orRefused(() => source.find(parseIp(text)!))
      if (answer !== null) found.push(orRefused(() => source.place(placeOfAnswer(answer))))
    }
  }
  const reader = orRefused(() => openMmdb(path))
  if (reader !== null) ask(treeSource(reader))
  const made = orRefused(() => makeIndex(path))
  if (made !== null) ask(indexSource(made.stored.index))
  const read = orRefused(() => readIndex(path))
  expect(read === null).toBe(made === null)
  return found
}

describe('a bad database', () => {
  it.each(Object.entries(BAD_DATABASES))(
    '%s',
    (_name, { bytes, outcome }) => {
      save(bytes())
      const startMs = performance.now()
      const code = errorCode(() => makeIndex(path))
      const places = placesFound()
      const { damageCount, indexAgrees } = verifyDatabase(path)
      expect([damageCount > 0, indexAgrees]).toEqual(outcome === 'refused' ? [true, null] : [false, true])
      expect(performance.now() - startMs).toBeLessThan(SECONDS * 1000)
      expect(code).toBe(outcome === 'refused' ? 'ERR_GEO_DATABASE' : 'no error')
      for (const place of places) {
        if (place === null || outcome === 'refused') continue
        expect(place.latitude === undefined || Math.abs(place.latitude) <= 90).toBe(true)
        expect(place.city ?? 'Berlin').toMatch(/^(Berlin|M\ufffdnche)$/)
      }
    },
    60_000,
  )

  it.each([
    ['places', { places: 50, records: 1e6, weight: 1e9 }, /more than 50 distinct places/],
    ['records', { places: 1e6, records: 50, weight: 1e9 }, /more than 50 records/],
    ['text', { places: 1e6, records: 1e6, weight: 20_000 }, /more than 20000 bytes of places/],
  ])('of more %s than there is room for', (_name, limits, says) => {
    save(
      makeMmdb(Array.from({ length: 100 }, (_, i) => [`10.0.${i}.0/24`, flatRecord('DE', `City ${i}`, 1, i)] as const)),
    )
    const reader = openMmdb(path)
    expect(() => buildPlaceIndex(reader, undefined, limits)).toThrow(says)
    expect(buildPlaceIndex(reader).places.count).toBe(100)
  })
})

describe('a good database with a damaged byte', () => {
  const good = makeMmdb(
    [
      ...Array.from({ length: 40 }, (_, i) => {
        const prefix = `${10 + i * 5}.${i}.0.0/${12 + (i % 17)}`
        return [prefix.replace(/\.\d+\.0\.0\/(\d+)/, '.0.0.0/$1'), flatRecord('DE', `City ${i}`, i + 1, i)] as const
      }),
      ...Array.from(
        { length: 8 },
        (_, i) => [`2a0${i}::/${20 + i}`, flatRecord('FR', `Ville ${i}`, i + 1, i)] as const,
      ),
    ],
    { ipVersion: 6, recordSize: 28 },
  )
  const goodPath = join(folder, 'good.mmdb')
  writeFileSync(goodPath, good)
  const reader = openMmdb(goodPath)

  interface Network {
    address: IpAddress
    record: number
    bits: number
    place: Place | null
  }
  const networksOf = ({ walkIpv4 }: MmdbReader): Network[] => {
    const found: Network[] = []
    const source = treeSource(reader)
    walkIpv4((first, bits, record) => {
      found.push({ address: ipv4(first), record, bits, place: source.place(placeOfAnswer(source.find(ipv4(first)))) })
    })
    for (let i = 0; i < 8; i += 1) {
      const address = parseIp(`2a0${i}::1`)!
      const { record, bits } = reader.find(address)
      found.push({ address, record, bits, place: source.place(placeOfAnswer(source.find(address))) })
    }
    return found
  }
  const networks = networksOf(reader)
  const { nodeCount } = reader.metadata
  const nodeBytes = 7
  const dataStart = nodeCount * nodeBytes + 16
  const records = [...new Set(networks.map(({ record }) => record))]
    .filter((record) => record >= 0)
    .sort((a, b) => a - b)
  const dataEnd = good.lastIndexOf('\xab\xcd\xefMaxMind.com', undefined, 'latin1')

  /** True when byte `at` has a say in what is answered for the network: its path through the tree, its record, the metadata. */
  const consulted = ({ address, record }: Network, at: number): boolean => {
    if (at >= dataEnd || (at >= nodeCount * nodeBytes && at < dataStart)) return true
    if (at >= dataStart) {
      const end = records[records.indexOf(record) + 1] ?? dataEnd - dataStart
      return record >= 0 && at - dataStart >= record && at - dataStart < end
    }
    // All that is IPv4 hangs behind 96 zero bits.
    const width = typeof address === 'bigint' ? 128 : 32
    const path = '0'.repeat(128 - width) + BigInt(address).toString(2).padStart(width, '0')
    let node = 0
    for (const bit of path) {
      if (at >= node * nodeBytes && at < (node + 1) * nodeBytes) return true
      const middle = good[node * nodeBytes + 3]!
      const from = node * nodeBytes + (bit === '0' ? 0 : 4)
      const upper = bit === '0' ? middle >> 4 : middle & 15
      node = upper * 2 ** 24 + good.readUIntBE(from, 3)
      if (node >= nodeCount) return false
    }
    return false
  }

  const FLIPS = 1500
  it(`answers as before, or not at all, unless the byte itself says where (${FLIPS} of ${good.length} bytes)`, () => {
    const words = deriveWords('flips', 'bad databases', FLIPS * 2)
    const seen = { refused: 0, asBefore: 0, otherwise: 0 }
    for (let i = 0; i < FLIPS; i += 1) {
      const at = words[i * 2]! % good.length
      const bad = Buffer.from(good)
      bad[at]! ^= 1 + (words[i * 2 + 1]! % 255)
      save(bad)
      const opened = orRefused(() => openMmdb(path))
      const made = orRefused(() => makeIndex(path))
      if (opened === null) expect(made).toBe(null)
      const sources = [
        ...(opened === null ? [] : [treeSource(opened)]),
        ...(made === null ? [] : [indexSource(made.stored.index)]),
      ]
      if (made === null) seen.refused += 1
      for (const source of sources) {
        for (const network of networks) {
          const answer = orRefused(() => source.find(network.address))
          if (answer === null) continue
          const place = orRefused(() => source.place(placeOfAnswer(answer)))
          const same = bitsOfAnswer(answer) === network.bits && JSON.stringify(place) === JSON.stringify(network.place)
          if (same) seen.asBefore += 1
          else {
            seen.otherwise += 1
            expect(
              consulted(network, at),
              `byte ${at}, ${JSON.stringify({ network: `${network.address}`, place })}`,
            ).toBe(true)
          }
        }
      }
    }
    // Else the test would have shown nothing.
    expect(Math.min(seen.refused, seen.asBefore, seen.otherwise)).toBeGreaterThan(100)
  }, 120_000)

  it('is refused wherever it is cut', () => {
    for (const at of deriveWords('cuts', 'bad databases', 300)) {
      save(good.subarray(0, at % good.length))
      expect(errorCode(() => openMmdb(path))).toBe('ERR_GEO_DATABASE')
    }
    expect(readFileSync(goodPath).equals(good)).toBe(true)
  })
})
