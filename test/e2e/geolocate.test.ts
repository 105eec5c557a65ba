import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeReplyBatch, REPLY_SUCCESS } from '../../src/core/reply-batch.ts'
import { parseScenario } from '../../src/lab/scenario.ts'
import { scenarioDatabase } from '../../src/lab/scenario-database.ts'
import { openStore } from '../../src/store/store.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { interplot, PROGRAM, shell } from './interplot.ts'
import { query } from './query.ts'

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

const TABLE = 'name,saddr,city\\nweb,10.64.0.1,x\\nmail,"10.1.1.1",\\nshort,1.2.3.4\\nbad,zzz,1\\nlong,10.64.0.1,a,b\\n'
const BERLIN = '"city":{"name":"Berlin","id":0},"country":{"name":"Germany","code":"DE","id":0}'
const LATLONG = '"latlong":{"accuracy_radius":0,"latitude":52.52,"longitude":13.4,"metro_code":0,"time_zone":""}'

/** Shell line → all of standard output, parts of standard error, exit code. */
const TABLES: Record<string, { line: string; prints: string[]; says?: RegExp; code?: number }> = {
  'what fail2ban-client says': {
    line: `printf 'Status for the jail: sshd\n\`- Actions\n   \`- Banned IP list:\t10.64.0.1 10.1.1.1 8.8.8.8 1.2.3.4\n' | ${LOCATE} | cut -d, -f1,7,11`,
    prints: [
      'address,city,location',
      '10.64.0.1,Berlin,located',
      '10.1.1.1,,private',
      '8.8.8.8,,anycast',
      '1.2.3.4,,unlocated',
    ],
    says: /^of 4 addresses 1 located, 1 anycast, 1 private, 1 unlocated$/m,
  },
  'both families in the order of the input': {
    line: `printf '10.64.0.1\n2001:db8::1\n10.64.0.2\n' | ${LOCATE} --no-header-row | cut -d, -f1`,
    prints: ['10.64.0.1', '2001:db8::1', '10.64.0.2'],
  },
  'a table that keeps its columns': {
    line: `printf '${TABLE}' | ${LOCATE} --keep-columns | cut -d, -f1-6,8,13`,
    prints: [
      'name,saddr,city,latitude,longitude,country_code,region,location',
      'web,10.64.0.1,x,52.52,13.4,DE,,located',
      'mail,"10.1.1.1",,,,,,private',
      'short,1.2.3.4,,,,,,unlocated',
    ],
    says: /standard input:5: not an IP address: bad[\s\S]*standard input:6: more fields than the first line: long/,
  },
  'the same with --strict': {
    line: `printf '${TABLE}' | ${LOCATE} --keep-columns --strict | wc -l`,
    prints: ['4'],
    code: 1,
  },
  'objects that keep their members': {
    line: `echo '{"ip":"10.64.0.1","n":12345678901234567890,"city":"mine"}' | ${LOCATE} --keep-columns | sed 's/,"asn.*//'`,
    prints: [
      '{"ip":"10.64.0.1","n":12345678901234567890,"city":"mine","latitude":52.52,"longitude":13.4,"country_code":"DE","country":"Germany","region":null,"geo_city":"Berlin"',
    ],
  },
  'zannotate’s rows': {
    line: `printf '10.64.0.1\n1.2.3.4\n' | ${LOCATE} -O zannotate`,
    prints: [`{"ip":"10.64.0.1","geoip2":{${BERLIN},${LATLONG}}}`, '{"ip":"1.2.3.4","geoip2":{}}'],
  },
  'objects with zannotate’s annotation': {
    line: `echo '{"ip":"10.64.0.1","n":1}' | ${LOCATE} -O zannotate --keep-columns`,
    prints: [`{"ip":"10.64.0.1","n":1,"zannotate":{"geoip2":{${BERLIN},${LATLONG}}}}`],
  },
  'a list has no columns to keep': {
    line: `${LOCATE} list.txt --keep-columns`,
    prints: [],
    says: /^ERR_USAGE: --keep-columns cannot make csv of list\.txt/m,
    code: 2,
  },
  'a format that is not known': {
    line: `${LOCATE} list.txt -O xml`,
    prints: [],
    says: /^ERR_UNKNOWN_NAME.*zannotate/m,
    code: 2,
  },
}

describe('a list that is interrupted', () => {
  it('has rows for what came, and says how far that is', async () => {
    const cwd = prepare('interrupted')
    const program = `'${process.execPath}' '${PROGRAM}' geolocate --database world.mmdb --no-header-row -o rows.csv`
    const line = `mkfifo in; exec 3<>in; printf '10.64.0.1\\n10.64.0.2\\n' >&3
      (exec ${program} <&3) & until [ -s rows.csv ]; do sleep 0.05; done; kill -TERM $!; wait $!`
    const { code, stderr } = await shell(line, { cwd })
    expect(code).toBe(130)
    expect(stderr).toMatch(/^interrupted: lines 1 to 2 of standard input are done$/m)
    expect(readFileSync(join(cwd, 'rows.csv'), 'utf8').trim().split('\n')).toHaveLength(2)
  })
})

describe('tables in and out', () => {
  it.each(Object.entries(TABLES))('%s', async (name, { line, prints, says = /^/, code = 0 }) => {
    const finished = await shell(line, { cwd: prepare(name), env: { INTERPLOT_DATA_DIR: '', XDG_DATA_HOME: '' } })
    expect(finished.stderr).toMatch(says)
    expect([finished.code, ...finished.stdout.split('\n').slice(0, -1)]).toEqual([code, ...prints])
  })
})

/** Answers from 10.64.0.1, in Berlin, after 2 ms, and from 8.8.8.8; the run says from where it probed, or nothing. */
const timedResults = (cwd: string, vantage: string | null): void => {
  const store = openStore(join(cwd, 'results.db'), { mode: 'write' })
  const run = { command: 'scan', arguments: [], startedUs: 0, ...(vantage === null ? {} : { vantage }) }
  const runId = store.beginRun(run)
  const batch = makeReplyBatch(8)
  batch.address.set([0x0a400001, 0x08080808])
  batch.target.set([0x0a400001, 0x08080808])
  batch.rttUs.fill(2000)
  batch.flags.fill(REPLY_SUCCESS)
  batch.count = 2
  store.appendReplies(runId, batch)
  store.close()
}

describe('places that the round trip time rules out', () => {
  it.each<[name: string, vantage: string | null, options: string[], impossible: number | null, rows: string]>([
    ['seen from Berlin', '52.5,13.4', [], 0, ''],
    ['seen from Sydney', '-33.87,151.21', [], 1, '10.64.0.1|Berlin|2'],
    ['seen from where the person says', null, ['--vantage=-33.87,151.21'], 1, '10.64.0.1|Berlin|2'],
    ['what the run says counts before', '52.5,13.4', ['--vantage', '-33.87,151.21'], 0, ''],
    ['seen from an unknown place', 'home', [], null, ''],
  ])('%s', async (name, vantage, options, impossible, rows) => {
    const cwd = prepare(name)
    timedResults(cwd, vantage)
    const args = ['geolocate', 'results.db', '--database', 'world.mmdb', '--json', ...options]
    // Twice: what is found again is there once.
    await interplot(args, { cwd })
    const { stdout, stderr } = await interplot(args, { cwd })
    expect(JSON.parse(stdout)).toEqual({
      ...{
        lookedUp: 0,
        addresses: 2,
        located: 1,
        approximate: 0,
        anycast: 1,
        private: 0,
        unlocated: 0,
        notLookedUp: 0,
      },
      impossible,
    })
    expect(/1 of 1 with a round trip time answered too soon/.test(stderr)).toBe(impossible === 1)
    expect(query(join(cwd, 'results.db'), 'SELECT address, city, rtt_ms FROM impossible_results')).toBe(rows)
  })
})
