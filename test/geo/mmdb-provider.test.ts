import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { indexPath } from '../../src/geo/indexed-database.ts'
import { mmdb } from '../../src/geo/providers/mmdb.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { flatRecord, makeMmdb } from './mmdb-fixture.ts'

const folder = temporaryFolder('mmdb-provider')

/** Addresses asked for in one go after the other → whether the database is flattened then. */
const ROWS: [name: string, calls: number[], flattened: boolean][] = [
  ['a few', [1000], false],
  ['one fewer than pays', [99_999], false],
  ['many at once', [100_000], true],
  ['many, bit by bit, as out of a pipe', [65_536, 65_536], true],
]

describe('a database under bulk work', () => {
  it.each(ROWS)('%s', async (name, calls, flattened) => {
    const path = join(folder, `${name}.mmdb`)
    writeFileSync(path, makeMmdb([['10.0.0.0/8', flatRecord('DE', 'Berlin', 52.5, 13.4)]]))
    const open = await mmdb.open({ databases: [path] })
    let first = 0x09ff_ff00
    let located = 0
    for (const count of calls) {
      const ipv4 = Uint32Array.from({ length: count }, (_, i) => first + i)
      first += count
      for await (const { placeIndex, places } of open.locateMany({ ipv4, ipv6: [] })) {
        for (const index of placeIndex) if (places[index]?.city === 'Berlin') located += 1
      }
    }
    // The same answers before and after: 256 of the addresses lie before the network.
    expect(located).toBe(calls.reduce((sum, count) => sum + count, 0) - 256)
    expect(existsSync(indexPath(path))).toBe(flattened)
  })
})
