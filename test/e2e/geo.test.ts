/** `interplot geo` on database files and on standard input. */

import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { flatRecord, makeMmdb } from '../geo/mmdb-fixture.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { shell } from './interplot.ts'

const folder = temporaryFolder('geo-e2e')
const prepare = (name: string): string => {
  const cwd = folderFor(folder, name)
  const good = makeMmdb(
    [
      ['20.0.0.0/9', flatRecord('DE', 'Berlin', 52.5, 13.4)],
      ['2a00::/16', flatRecord('FR', 'Paris', 48.9, 2.4)],
    ],
    { ipVersion: 6 },
  )
  writeFileSync(join(cwd, 'good.mmdb'), good)
  writeFileSync(join(cwd, 'cut.mmdb'), good.subarray(0, good.length - 400))
  const bad = Buffer.from(good)
  bad[bad.indexOf('Paris') - 1] = 0x5f
  writeFileSync(join(cwd, 'bad.mmdb'), bad)
  return cwd
}
const LOOKUP = 'interplot geo lookup --database good.mmdb'
const HOME = '20.1.2.3,20.0.0.0/9,located,52.5,13.4,,DE,Germany,Berlin State,Berlin,,'

/** Shell line → what standard output holds, what standard error says, the exit code. */
const ROWS: Record<string, { line: string; prints?: RegExp; says?: RegExp; code?: number }> = {
  'a sound database': { line: 'interplot geo verify good.mmdb', prints: /^good\.mmdb: sound\n.* 1 IPv4, 1 IPv6/ },
  'a damaged one among sound ones': {
    line: 'interplot geo verify good.mmdb bad.mmdb cut.mmdb',
    prints:
      /good\.mmdb: sound[\s\S]*bad\.mmdb: DAMAGED[\s\S]*runs past the end[\s\S]*cut\.mmdb: DAMAGED[\s\S]*no MaxMind metadata/,
    code: 1,
  },
  'the verdict as JSON': {
    line: 'interplot geo verify good.mmdb --json | node -e "process.stdin.on(\'data\', (t) => console.log(JSON.parse(t)[0].records))"',
    prints: /^2\n$/,
  },
  'a database that is not there': { line: 'interplot geo verify none.mmdb', says: /^ERR_INPUT_FILE/m, code: 1 },
  'no database at all': { line: 'interplot geo verify', says: /^ERR_GEO_MISSING.*interplot geo install/m, code: 1 },
  'an index made by hand, twice': {
    line: 'interplot geo index good.mmdb && interplot geo index good.mmdb && interplot geo verify good.mmdb',
    says: /2 places[\s\S]*good\.mmdb\.index is there/,
    prints: /says the same of every network/,
  },
  'an index of a damaged file': { line: 'interplot geo index bad.mmdb', says: /^ERR_GEO_DATABASE/m, code: 1 },
  'what a file is': {
    line: 'interplot geo info good.mmdb',
    prints:
      /^good\.mmdb\n {2}Test-City, IPv6, .*no index yet.*\n {2}built 2023-11-14, \d+ days old \(old\); names in en\n/,
  },
  'what a file with an index is': {
    line: 'interplot geo index good.mmdb; interplot geo info good.mmdb',
    says: /made in/,
    prints: /\d+ networks, 2 places, index beside it/,
  },
  'what a damaged file is': { line: 'interplot geo info cut.mmdb', prints: /DAMAGED: .*no MaxMind metadata/, code: 1 },
  addresses: { line: `${LOOKUP} 20.1.2.3 -O csv`, prints: new RegExp(`^address,network,location,.*\n${HOME}\n$`) },
  'addresses for people': {
    line: `${LOOKUP} 2a00::1 10.0.0.1`,
    prints: /2a00::\/16 {2,}located[\s\S]*10\.0\.0\.0\/8 {2,}private/,
  },
  'an address of which nothing is known': {
    line: `${LOOKUP} 99.0.0.1 -O ndjson`,
    prints: /"location":"unlocated","latitude":null/,
    code: 1,
  },
  'lines that are no addresses': {
    line: `printf '20.1.2.3\\n\\nhello\\n 2a00::1 \\n1.2.3\\n' | ${LOOKUP} - -O csv`,
    prints: new RegExp(`\n${HOME}\n2a00::1,2a00::/16,located,[^\n]*\n$`),
    says: /^standard input:3: not an IP address: "hello"\nstandard input:5: .*\nlines of standard input that are no addresses: 2$/m,
    code: 1,
  },
  'a reader that goes away': {
    line: `set +o pipefail; yes 20.1.2.3 | head -200000 | ${LOOKUP} - -O csv | head -1`,
    prints: /^address,network[^\n]*\n$/,
  },
  'an argument that is no address': {
    line: `${LOOKUP} here`,
    says: /^ERR_USAGE: "here" is not an IP address/m,
    code: 2,
  },
}

describe('interplot geo', () => {
  it.each(Object.entries(ROWS))('%s', async (name, { line, prints = /^$/, says = /^/, code = 0 }) => {
    const cwd = prepare(name)
    const { stdout, stderr, code: found } = await shell(line, { cwd, env: { INTERPLOT_DATA_DIR: join(cwd, 'data') } })
    expect(stdout).toMatch(prints)
    expect(stderr).toMatch(says)
    expect(stderr).not.toMatch(/^\s+at /m)
    expect(found).toBe(code)
    expect(existsSync(join(cwd, 'data'))).toBe(false)
  })
})
