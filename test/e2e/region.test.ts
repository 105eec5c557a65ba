/** Regions in `scan` and `geo region`, by the database of a simulated Internet. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseScenario } from '../../src/lab/scenario.ts'
import { scenarioDatabase } from '../../src/lab/scenario-database.ts'
import { flatRecord, makeMmdb } from '../geo/mmdb-fixture.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { interplot, shell } from './interplot.ts'
import { query } from './query.ts'

const folder = temporaryFolder('region-e2e')
const SCENARIO = {
  name: 'r',
  seed: 'r',
  vantage: { address: '10.99.0.1' },
  networks: [
    {
      prefix: '10.64.0.0/28',
      place: { latitude: 52.5, longitude: 13.4, city: 'Berlin', countryCode: 'DE' },
      asn: 64500,
    },
    { prefix: '10.64.0.16/28', place: { latitude: 48.1, longitude: 11.6, city: 'München', countryCode: 'DE' } },
    { prefix: '10.64.0.32/28', place: { latitude: -34.6, longitude: -58.4, city: 'Buenos Aires', countryCode: 'AR' } },
  ],
}
const OPEN = '--allow-special 10.0.0.0/8'
const SCAN = `interplot scan --scenario world.json --database world.mmdb ${OPEN} -r 1M --no-db -q -o - --no-header-row -c 1`

const prepare = (name: string): string => {
  const cwd = folderFor(folder, name)
  writeFileSync(join(cwd, 'world.json'), JSON.stringify(SCENARIO))
  writeFileSync(join(cwd, 'world.mmdb'), scenarioDatabase(parseScenario(SCENARIO, 'test')))
  writeFileSync(join(cwd, 'half.txt'), '10.64.0.0/29\n10.64.0.32/29\n')
  writeFileSync(join(cwd, 'list.txt'), '10.64.0.1\n10.64.0.17\n10.64.0.33\n')
  return cwd
}

const octets = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)

/** Shell line → last octets of the addresses that it prints, sorted; what it says; its exit code. */
const ROWS: Record<string, { line: string; prints?: number[]; says?: RegExp; code?: number }> = {
  'a country': { line: `${SCAN} --country DE`, prints: octets(0, 31) },
  'a city without its accent': { line: `${SCAN} --city munchen`, prints: octets(16, 31) },
  'a continent, and not a network': { line: `${SCAN} --continent EU --not-asn 64500`, prints: octets(16, 31) },
  'a box': { line: `${SCAN} --bbox -35,-59,-34,-58`, prints: octets(32, 47) },
  'within a target': { line: `${SCAN} 10.64.0.8/29 --near 52.5,13.4,100km`, prints: octets(8, 15) },
  'within an allowlist': { line: `${SCAN} --country DE,AR -w half.txt`, prints: [...octets(0, 7), ...octets(32, 39)] },
  'without a blocklist': { line: `${SCAN} --country AR -b half.txt`, prints: octets(40, 47) },
  'within a list of addresses': { line: `${SCAN} --country DE -I list.txt`, prints: [1, 17] },
  'what would be probed': { line: `${SCAN.replace('-q', '')} --country AR --list-targets`, prints: octets(32, 47) },
  'both shards': {
    line: `(${SCAN} --country DE -e 1 --shards 2 --shard 0; ${SCAN} --country DE -e 1 --shards 2 --shard 1)`,
    prints: octets(0, 31),
  },
  'a target outside of it': {
    line: `${SCAN} --country DE 10.64.0.32`,
    says: /^ERR_TARGET_BLOCKED: 10\.64\.0\.32 is outside the region/m,
    code: 1,
  },
  'a network where no database knows any': {
    line: `${SCAN.replace('world.mmdb', 'cities.mmdb')} --asn 1`,
    says: /^ERR_GEO_MISSING: .*cities\.mmdb\) knows autonomous systems\. .*--database/m,
    code: 1,
  },
  'nothing that is probed unless opened': {
    line: `${SCAN.replace(OPEN, '')} --country DE`,
    says: /^ERR_NO_TARGETS/m,
    code: 2,
  },
  'terms that nothing meets': {
    line: `${SCAN} --country AR --city Berlin`,
    says: /^ERR_NO_TARGETS: no address is in the region \(country AR; city Berlin\)/m,
    code: 2,
  },
  'a country that is none': { line: `${SCAN} --country Gremany`, says: /Did you mean DE \(Germany\)\?/, code: 2 },
  'a database without a region': { line: SCAN, says: /^ERR_USAGE: --database says/m, code: 2 },
  'a scan to go on with': {
    line: 'interplot scan --resume results.db --country DE',
    says: /^ERR_USAGE: --country cannot be chosen anew/m,
    code: 2,
  },
}

describe('a region', () => {
  it.each(Object.entries(ROWS))('%s', async (name, { line, prints = [], says = /^/, code = 0 }) => {
    const cwd = prepare(name)
    writeFileSync(join(cwd, 'cities.mmdb'), makeMmdb([['10.64.0.0/28', flatRecord('DE', 'Berlin', 52, 13)]]))
    const finished = await shell(line, { cwd })
    expect(finished.stderr).toMatch(says)
    expect(finished.stderr).not.toMatch(/^\s+at /m)
    const found = [...finished.stdout.matchAll(/^10\.64\.0\.(\d+)/gm)].map(([, octet]) => Number(octet))
    expect([finished.code, found.sort((a, b) => a - b)]).toEqual([code, prints])
  })

  it('is named in the metadata and before the scan', async () => {
    const cwd = prepare('metadata')
    const line = 'scan --scenario world.json --database world.mmdb --allow-special 10.0.0.0/8 -r 1M -c 1 --no-db'
    const { code, stderr } = await interplot([...line.split(' '), '--country', 'DE', '-m', 'meta.json'], { cwd })
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('region country DE: 32 addresses in 1 ranges, by world.mmdb'),
    ])
    const { stdout } = await shell('cat meta.json', { cwd })
    expect((JSON.parse(stdout) as { interplot: { region: unknown } }).interplot.region).toEqual({
      terms: 'country DE',
      databases: ['world.mmdb'],
      addresses: 32,
      ranges: 1,
    })
  })

  it('of many thousand ranges is gone on with where it was interrupted', async () => {
    const cwd = prepare('resume')
    const odd = Array.from(
      { length: 20_000 },
      (_, i) => `10.${64 + ((i * 2) >> 16)}.${((i * 2) >> 8) & 255}.${(i * 2) & 255}/32`,
    )
    writeFileSync(join(cwd, 'odd.mmdb'), makeMmdb(odd.map((prefix) => [prefix, { country_code: 'DE' }] as const)))
    writeFileSync(join(cwd, 'wide.json'), JSON.stringify({ ...SCENARIO, networks: [{ prefix: '10.64.0.0/16' }] }))
    const line =
      'scan --scenario wide.json --database odd.mmdb --allow-special 10.0.0.0/8 --country DE -r 4000 -c 1 -v 5'
    const first = await interplot(line.split(' '), { cwd, interruptWhen: /TRACE/ })
    expect(first.stderr).toContain('20,000 addresses in 20,000 ranges')
    expect(first.code).toBe(130)
    const second = await interplot('scan --resume results.db --scenario wide.json -r 1M -c 1'.split(' '), { cwd })
    expect(second.code).toBe(0)
    const sql = 'SELECT count(*), count(DISTINCT saddr) FROM results'
    expect(query(join(cwd, 'results.db'), sql)).toBe('20000|20000')
  })

  it.each([
    ['text', '10.64.0.0/27\n'],
    ['csv', 'prefix,first,last,addresses\n10.64.0.0/27,10.64.0.0,10.64.0.31,32\n'],
    ['ndjson', '{"prefix":"10.64.0.0/27","first":"10.64.0.0","last":"10.64.0.31","addresses":32}\n'],
  ])('as %s', async (format, prints) => {
    const cwd = prepare(format)
    const { code, stdout, stderr } = await shell(
      `interplot geo region --country DE --database world.mmdb -O ${format}`,
      { cwd },
    )
    expect([code, stdout]).toEqual([0, prints])
    expect(stderr).toContain('1 prefixes; 0 addresses are public')
  })
})
