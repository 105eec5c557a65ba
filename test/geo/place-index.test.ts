/** The flattened database against the maxmind package: every network of generated databases, place and prefix. */

import { appendFileSync, copyFileSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { Reader } from 'maxmind'
import { describe, expect, it } from 'vitest'
import { formatIp, formatIpv4, type IpAddress, type Ipv6, ipv4, parseIp } from '../../src/core/ip.ts'
import { bitsOfAnswer, lastOfNetwork, placeOfAnswer } from '../../src/geo/answer.ts'
import { indexPath, makeIndex, readIndex } from '../../src/geo/indexed-database.ts'
import type { MmdbMap, MmdbValue } from '../../src/geo/mmdb-value.ts'
import { indexSource, type WholeSource } from '../../src/geo/place-source.ts'
import { placeFromRecord } from '../../src/geo/record.ts'
import { errorCode } from '../error-code.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { databaseSaver, type FixtureValue, flatRecord, makeMmdb } from './mmdb-fixture.ts'

const folder = temporaryFolder('place-index')
const save = databaseSaver(folder)

/** What the package gives, as our reader would decode it. */
const decoded = (value: unknown): MmdbValue => {
  if (Array.isArray(value)) return value.map(decoded)
  if (typeof value === 'object' && value !== null) {
    return new Map(Object.entries(value).map(([key, each]) => [key, decoded(each)])) as MmdbMap
  }
  return value as MmdbValue
}

const peerAnswer = (peer: Reader<never>, address: IpAddress): { place: unknown; bits: number } => {
  const [record, bits] = peer.getWithPrefixLength(formatIp(address)) as [unknown, number]
  return { place: record === null ? null : placeFromRecord(decoded(record) as MmdbMap), bits }
}

const answerOf = (source: WholeSource, address: IpAddress): { place: unknown; bits: number } => {
  const answer = source.find(address)
  return { place: source.place(placeOfAnswer(answer)), bits: bitsOfAnswer(answer) }
}

const ipv4Prefix = fc
  .tuple(
    fc.oneof(fc.nat(0xffff_ffff), fc.integer({ min: 0x0a00_0000, max: 0x0a00_0fff })),
    fc.integer({ min: 1, max: 32 }),
  )
  .map(([base, bits]) => `${formatIpv4((base & (bits === 0 ? 0 : -1 << (32 - bits))) >>> 0)}/${bits}`)
const ipv6Prefix = (mostBits: number) =>
  fc
    .tuple(fc.bigInt(0n, (1n << 61n) - 1n), fc.nat(0xffff), fc.integer({ min: 16, max: mostBits }))
    .map(([high, low, bits]) => {
      const address = (1n << 125n) | (high << 64n) | BigInt(low)
      return `${formatIp(((address >> BigInt(128 - bits)) << BigInt(128 - bits)) as Ipv6)}/${bits}`
    })

const byLength = (a: string, b: string): number => Number(a.split('/')[1]) - Number(b.split('/')[1])
const recordOf = (i: number): FixtureValue => flatRecord('DE', `City ${i % 7}`, (i % 11) + 1, i % 5)

describe('every network of a generated database', () => {
  it.each([
    [4, 24, 64],
    [4, 32, 64],
    [6, 28, 64],
    [6, 32, 128],
  ] as const)(
    'IPv%i tree, %i-bit records, prefixes up to %i bits: as the maxmind package says',
    (ipVersion, recordSize, mostBits) => {
      const six = ipVersion === 6 ? ipv6Prefix(mostBits) : fc.constantFrom('10.0.0.0/8')
      fc.assert(
        fc.property(
          fc.uniqueArray(ipv4Prefix, { minLength: 1, maxLength: 60 }),
          fc.uniqueArray(six, { maxLength: 30 }),
          (four, more) => {
            const prefixes = [...new Set([...four, ...more])].sort(byLength)
            const bytes = makeMmdb(
              prefixes.map((prefix, i) => [prefix, recordOf(i)] as const),
              { ipVersion, recordSize },
            )
            const peer = new Reader<never>(bytes)
            const source = indexSource(makeIndex(save(bytes)).stored.index)
            let next = 0
            source.forEachIpv4((first, bits, place) => {
              expect(first).toBe(next)
              next = first + 2 ** (32 - bits)
              const wanted = peerAnswer(peer, ipv4(first))
              expect({ place: source.place(place), bits }, formatIpv4(first)).toEqual(wanted)
              expect(answerOf(source, ipv4(next - 1))).toEqual(wanted)
            })
            expect(next).toBe(2 ** 32)
            source.forEachIpv6((first, bits, place) => {
              const wanted = peerAnswer(peer, first)
              expect({ place: source.place(place), bits }, formatIp(first)).toEqual(wanted)
              const last = (first | ((1n << BigInt(128 - bits)) - 1n)) as Ipv6
              expect(answerOf(source, last)).toEqual(wanted)
            })
          },
        ),
        { numRuns: 40 },
      )
    },
  )
  it.each([1, 8, 24, 25, 31, 32])('sorted addresses around a network of %i bits: as one by one', (bits) => {
    const first = 0x8000_0000
    const source = indexSource(makeIndex(save(makeMmdb([[`128.0.0.0/${bits}`, recordOf(1)]]))).stored.index)
    const behind = first + 2 ** (32 - bits)
    const addresses = Uint32Array.of(first - 1, first, behind - 1, Math.min(behind, 0xffff_ffff), 0xffff_ffff)
    const [sorted, single] = [new Uint32Array(5), new Uint32Array(5)]
    source.findSorted(addresses, sorted)
    source.findAll(addresses, single)
    expect(sorted).toEqual(single)
    expect(lastOfNetwork(first, bits)).toBe(behind - 1)
  })
  it('IPv4 by way of IPv6: in ::/96', () => {
    const source = indexSource(makeIndex(save(makeMmdb([['10.0.0.0/8', recordOf(1)]], { ipVersion: 6 }))).stored.index)
    const address = parseIp('::10.1.2.3') ?? ipv4(0)
    expect(answerOf(source, address)).toEqual({ ...answerOf(source, ipv4(0x0a01_0203)), bits: 104 })
  })
})

describe('the index beside a database', () => {
  const fresh = (): string =>
    save(
      makeMmdb(
        [
          ['10.0.0.0/8', recordOf(1)],
          ['10.1.2.128/25', recordOf(2)],
          ['2a00::/16', recordOf(3)],
        ],
        { ipVersion: 6 },
      ),
    )
  const ask = (source: WholeSource): unknown =>
    ['10.0.0.1', '10.1.2.3', '10.1.2.200', '11.0.0.0', '2a00::1', '2a01::1'].map((text) =>
      answerOf(source, parseIp(text)!),
    )

  it('answers as the one just made', () => {
    const path = fresh()
    const made = makeIndex(path)
    expect(made.kept).toBe(true)
    const read = readIndex(path)
    expect(read?.metadata).toEqual(made.stored.metadata)
    expect(ask(indexSource(read!.index))).toEqual(ask(indexSource(made.stored.index)))
  })
  it('is not there before it is made', () => expect(readIndex(fresh())).toBe(null))
  it('counts for a copy of the database', () => {
    const path = fresh()
    makeIndex(path)
    utimesSync(path, 1, 1)
    expect(readIndex(path)).not.toBe(null)
  })
  it.each<[string, (path: string) => void]>([
    [
      'another database of the same size',
      (path) => {
        const bytes = readFileSync(path)
        bytes[bytes.indexOf('City 2')] = 'K'.charCodeAt(0)
        writeFileSync(path, bytes)
        utimesSync(path, 5, 5)
      },
    ],
    ['another database', (path) => writeFileSync(path, makeMmdb([['10.0.0.0/8', recordOf(4)]]))],
    ['an index that is cut', (path) => truncateSync(indexPath(path), readFileSync(indexPath(path)).length - 8)],
    ['an index with more behind it', (path) => appendFileSync(indexPath(path), Buffer.alloc(8))],
    ['an index of something else', (path) => writeFileSync(indexPath(path), 'no index')],
    ['an empty index', (path) => writeFileSync(indexPath(path), '')],
  ])('does not count for %s', (_name, change) => {
    const path = fresh()
    makeIndex(path)
    change(path)
    expect(readIndex(path)).toBe(null)
  })
  it('does not count when any byte of it has changed', () => {
    const path = fresh()
    makeIndex(path)
    const good = readFileSync(indexPath(path))
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bad = Buffer.from(good)
        bad[at]! ^= flip
        writeFileSync(indexPath(path), bad)
        expect(readIndex(path)).toBe(null)
      }),
      { numRuns: 300 },
    )
  })
  it('fails for a database that is not there', () =>
    expect(errorCode(() => readIndex(join(folder, 'missing.mmdb')))).toBe('ERR_INPUT_FILE'))
  it('is made again after a copy took the place of its database', () => {
    const [path, other] = [fresh(), save(makeMmdb([['10.0.0.0/8', recordOf(6)]]))]
    makeIndex(path)
    copyFileSync(other, path)
    expect(readIndex(path)).toBe(null)
    makeIndex(path)
    expect(answerOf(indexSource(readIndex(path)!.index), ipv4(0x0a00_0001))).toMatchObject({
      place: { city: 'City 6' },
    })
  })
})
