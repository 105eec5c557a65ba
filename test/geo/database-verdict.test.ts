import { copyFileSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { verifyDatabase } from '../../src/geo/database-verdict.ts'
import { indexPath, makeIndex } from '../../src/geo/indexed-database.ts'
import { openMmdb } from '../../src/geo/mmdb.ts'
import { errorCode } from '../error-code.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { databaseSaver, FixtureFloat, type FixtureMap, flatRecord, makeMmdb } from './mmdb-fixture.ts'

const folder = temporaryFolder('verdict')
const save = databaseSaver(folder)
const north = (latitude: number): FixtureMap => ({
  latitude: new FixtureFloat(64, latitude),
  longitude: new FixtureFloat(64, 1),
})

/** Records of a database → what is odd about them, in the order of the verdict. */
const ROWS: Record<
  string,
  [records: FixtureMap[], odd: [nothing: number, noCoordinates: number, impossible: number, notUtf8: number]]
> = {
  'whole places': [
    [flatRecord('DE', 'Berlin', 52, 13), flatRecord('FR', 'Paris', 48, 2)],
    [0, 0, 0, 0],
  ],
  'a country alone': [[{ country_code: 'DE' }], [0, 1, 0, 0]],
  'nothing of a place': [
    [{ weather: 'fine' }, {}],
    [2, 0, 0, 0],
  ],
  'coordinates beyond the pole': [[{ ...north(91), city: 'A' }], [0, 1, 1, 0]],
  'coordinates that are no numbers': [[{ ...north(Number.NaN), city: 'A' }], [0, 1, 1, 0]],
  'coordinates in words': [[{ latitude: 'north', longitude: 'east', city: 'A' }], [0, 1, 1, 0]],
  'open sea, which stands for unknown': [
    [{ ...north(0), longitude: new FixtureFloat(64, 0), city: 'A' }],
    [0, 1, 0, 0],
  ],
  'text that was no UTF-8': [[{ city: 'M\ufffdnchen' }], [0, 1, 0, 1]],
}

describe('the verdict on a database', () => {
  it.each(Object.entries(ROWS))('with %s', (_name, [records, [nothing, noCoordinates, impossible, notUtf8]]) => {
    const path = save(
      makeMmdb(
        records.map((record, i) => [`10.${i}.0.0/16`, record] as const),
        { ipVersion: 6 },
      ),
    )
    expect(verifyDatabase(path)).toMatchObject({
      networks: { ipv4: records.length, ipv6: 0 },
      records: records.length,
      without: { place: nothing, coordinates: noCoordinates },
      impossibleCoordinates: impossible,
      brokenText: notUtf8,
      indexAgrees: null,
      damageCount: 0,
    })
    makeIndex(path)
    expect(verifyDatabase(path).indexAgrees).toBe(true)
  })

  it('counts what the networks of both families are', () => {
    const record = flatRecord('DE', 'Berlin', 52, 13)
    const path = save(
      makeMmdb(
        [
          ['10.0.0.0/8', record],
          ['2a00::/16', record],
          ['2b00::/16', record],
        ],
        { ipVersion: 6 },
      ),
    )
    expect(verifyDatabase(path).networks).toMatchObject({ ipv4: 1, ipv6: 2 })
  })

  it('names an index that says otherwise', () => {
    const bytes = (city: string): Buffer => makeMmdb([['10.0.0.0/8', flatRecord('DE', city, 52, 13)]])
    const [path, other] = [save(bytes('Berlin')), save(bytes('Kassel'))]
    for (const each of [path, other]) utimesSync(each, 7, 7)
    makeIndex(other)
    // Of the same size and time: nothing but reading both through can tell.
    copyFileSync(indexPath(other), indexPath(path))
    const { indexAgrees, damage } = verifyDatabase(path)
    expect([indexAgrees, damage.length, damage[0]]).toEqual([false, 1, expect.stringContaining('interplot geo index')])
  })

  it('goes on behind a record that is damaged, and counts all of them', () => {
    const prefixes = Array.from({ length: 20_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}/32`)
    const bytes = makeMmdb(prefixes.map((prefix, i) => [prefix, flatRecord('DE', `City ${i}.`, 1, 1)] as const))
    // Opening looks at a sample: damage that it does not see.
    let unseen = 0
    for (let i = 10_001; unseen < 12; i += 7) {
      const at = bytes.indexOf(`City ${i}.`) - 1
      const before = bytes[at]!
      bytes[at] = 0x7f
      if (errorCode(() => openMmdb(save(bytes))) === 'no error') unseen += 1
      else bytes[at] = before
    }
    const { damageCount, damage, records } = verifyDatabase(save(bytes))
    expect([damageCount, damage.length, records]).toEqual([12, 10, 20_000])
  })

  it('is none for a file that is not there', () =>
    expect(errorCode(() => verifyDatabase(join(folder, 'missing.mmdb')))).toBe('ERR_INPUT_FILE'))
})
