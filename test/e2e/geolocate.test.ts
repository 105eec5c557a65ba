import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseScenario } from '../../src/lab/scenario.ts'
import { scenarioDatabase } from '../../src/lab/scenario-database.ts'
import { openStore } from '../../src/store/store.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { shell } from './interplot.ts'

const folder = temporaryFolder('geolocate')

const place = { latitude: 52.52, longitude: 13.4, city: 'Berlin', countryCode: 'DE', country: 'Germany' }
const SCENARIO = {
  name: 'g',
  seed: 'g',
  vantage: { address: '10.99.0.1' },
  networks: [{ prefix: '10.64.0.0/20', place }],
}

const prepare = (name: string): string => {
  const cwd = folderFor(folder, name)
  writeFileSync(join(cwd, 'world.mmdb'), scenarioDatabase(parseScenario(SCENARIO, 'test')))
  writeFileSync(join(cwd, 'list.txt'), '10.64.0.1\n10.64.0.2\n')
  openStore(join(cwd, 'results.db'), { mode: 'write' }).close()
  return cwd
}
const LOCATE = 'interplot geolocate --database world.mmdb'

/** Shell line → what it prints (headers and places left out) and its exit code. */
const ROWS: Record<string, { line: string; prints?: string[]; says?: RegExp; code?: number }> = {
  'an endless pipe whose reader goes away': {
    line: `set +o pipefail; (while echo 10.64.0.1; do sleep 0.02; done) 2>/dev/null | ${LOCATE} | head -3`,
    prints: ['10.64.0.1', '10.64.0.1'],
  },
  'rows of a slow pipe while it is open': {
    // The feeder goes on only after the first row has come back.
    line: `mkfifo back; (echo 10.64.0.1; read -r row < back; echo 10.64.0.2) | ${LOCATE} --no-header-row | tee >(read -r row; echo > back; cat > rest)`,
    prints: ['10.64.0.1', '10.64.0.2'],
  },
  'a pipe that the shell names': { line: `${LOCATE} <(cat list.txt)`, prints: ['10.64.0.1', '10.64.0.2'] },
  'an IPv4-mapped address': { line: `echo ::ffff:10.64.0.7 | ${LOCATE} | grep Berlin`, prints: ['::ffff:10.64.0.7'] },
  'the input as output': { line: `${LOCATE} list.txt -o same.txt`, says: /^ERR_USAGE: same\.txt cannot/m, code: 2 },
  'a results file as output': {
    line: `${LOCATE} list.txt -o results.db`,
    says: /^ERR_USAGE: results\.db is a results file/m,
    code: 2,
  },
  'a results file through a pipe': { line: `cat results.db | ${LOCATE}`, says: /is a database.*path/, code: 1 },
  'nothing but nonsense': { line: `echo hello | ${LOCATE}`, says: /not an IP address: hello/, code: 1 },
  'cron, in a folder without results': {
    line: `cd /; interplot geolocate < /dev/null`,
    says: /^ERR_INPUT_FILE: there is no results\.db here/m,
    code: 1,
  },
  'a full disk under standard output': { line: `${LOCATE} list.txt > /dev/full`, says: /^ERR_DISK_FULL/m, code: 1 },
  'a full disk under a plain print': { line: 'interplot --help > /dev/full', says: /^ERR_DISK_FULL/m, code: 1 },
  'a reader of the help that goes away': {
    line: 'set +o pipefail; interplot --help | true; exit $' + '{PIPESTATUS[0]}',
  },
  'no home folder': { line: 'HOME= interplot geo info', says: /^ERR_GEO_MISSING: .*INTERPLOT_DATA_DIR/m, code: 1 },
}

describe('geolocate among other programs', () => {
  it.each(Object.entries(ROWS))('%s', async (name, { line, prints = [], says = /^/, code = 0 }) => {
    const cwd = prepare(name)
    symlinkSync('list.txt', join(cwd, 'same.txt'))
    const finished = await shell(line, { cwd, env: { INTERPLOT_DATA_DIR: '', XDG_DATA_HOME: '' } })
    const { stdout, stderr } = finished
    expect(stderr).toMatch(says)
    expect(stderr).not.toMatch(/^\s+at /m)
    expect([finished.code, ...stdout.split('\n').flatMap((row) => /^[^,]*\d(?=,)/.exec(row)?.[0] ?? [])]).toEqual([
      code,
      ...prints,
    ])
    expect(readFileSync(join(cwd, 'list.txt'), 'utf8')).toBe('10.64.0.1\n10.64.0.2\n')
    expect(openStore(join(cwd, 'results.db'), { mode: 'read' }).runs()).toEqual([])
  })
})
