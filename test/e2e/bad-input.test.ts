import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openStore } from '../../src/store/store.ts'
import { folderFor, listFolder, temporaryFolder } from '../temporary-folder.ts'
import { interplot } from './interplot.ts'

const folder = temporaryFolder('bad-input')

const SCENARIO = JSON.stringify({
  name: 'bad-input',
  seed: 'x',
  vantage: { address: '10.99.0.1' },
  networks: [{ prefix: '10.64.0.0/24' }],
})
const SIM = ['--link', 'sim', '--scenario', 'scenario.json', '--allow-special', '10.0.0.0/8', '-r', '1M']

interface Row {
  args: string[]
  files?: Record<string, string | Buffer>
  input?: string
  code: number
  says: RegExp
}

const ROWS: Record<string, Row> = {
  'an unknown command': { args: ['scna'], code: 2, says: /^ERR_USAGE: unknown command 'scna'\. Did you mean scan\?/ },
  'an unknown flag': {
    args: ['scan', '--prot', '80'],
    code: 2,
    says: /^ERR_USAGE: unknown option '--prot'.*See: interplot scan --help/,
  },
  'a flag without its value': { args: ['scan', '-p'], code: 2, says: /^ERR_USAGE: option '-p.*argument missing/ },
  'a port that is none': {
    args: ['scan', '1.1.1.1', '-p', '99999'],
    code: 2,
    says: /^ERR_USAGE: "99999" is not a port/,
  },
  'rows and summary both on standard output': {
    args: ['scan', '10.64.0.0/24', ...SIM, '-o', '-', '--json'],
    code: 2,
    says: /^ERR_USAGE: --json and --output-file - both want standard output/,
  },
  'a rate that is none': {
    args: ['scan', '1.1.1.1', '-r', 'fast'],
    code: 2,
    says: /^ERR_USAGE: --rate wants packets a second.*"fast"/,
  },
  'rate and bandwidth': { args: ['scan', '10.64.0.1', ...SIM, '-B', '1M'], code: 2, says: /--rate and --bandwidth/ },
  'a target that is none': {
    args: ['scan', '1.2.3.4/40', '-d'],
    code: 2,
    says: /^ERR_TARGET: a prefix length is 0 to 32/,
  },
  'a private target': {
    args: ['scan', '10.0.0.1', '-d'],
    code: 1,
    says: /^ERR_TARGET_BLOCKED: 10\.0\.0\.1 lies in 10\.0\.0\.0\/8.*--allow-special/,
  },
  'a target outside the allowlist': {
    args: ['scan', '2.2.2.2', '-d', '-w', 'allow.txt'],
    files: { 'allow.txt': '1.0.0.0/8\n' },
    code: 1,
    says: /^ERR_TARGET_BLOCKED: 2\.2\.2\.2 is outside the allowlist/,
  },
  'a blocklist with a bad line': {
    args: ['scan', '2.2.2.2', '-d', '-b', 'block.txt'],
    files: { 'block.txt': '# ours\n1.0.0.0/8\n1.2.3.4.5\n' },
    code: 1,
    says: /^ERR_INPUT_FILE: block\.txt:3: /,
  },
  'a missing blocklist': {
    args: ['scan', '2.2.2.2', '-d', '-b', 'none.txt'],
    code: 1,
    says: /^ERR_INPUT_FILE: cannot read none\.txt: no such file/,
  },
  'an unknown probe module': {
    args: ['scan', '2.2.2.2', '-d', '-M', 'icmp'],
    code: 2,
    says: /^ERR_UNKNOWN_NAME: .*Known: icmp-echo, icmp-echo-time, tcp-syn, tcp-synack, udp, dns/,
  },
  'a filter that breaks off': {
    args: ['scan', '10.64.0.1', ...SIM, '-o', '-', '--output-filter', 'success = '],
    code: 2,
    says: /^ERR_USAGE: --output-filter, column 11: a number or a string is wanted/,
  },
  'a filter over an unknown field': {
    args: ['scan', '10.64.0.1', ...SIM, '-o', '-', '--output-filter', 'seqnum = 1'],
    code: 2,
    says: /^ERR_USAGE: --output-filter, column 1: there is no output field named "seqnum"\. Known: saddr, /,
  },
  'a filter and all replies': {
    args: ['scan', '10.64.0.1', ...SIM, '-o', '-', '--output-filter', 'ttl > 1', '--all-replies'],
    code: 2,
    says: /^ERR_USAGE: --all-replies and --output-filter/,
  },
  'a filter without an output': {
    args: ['scan', '10.64.0.1', ...SIM, '--output-filter', 'ttl > 1'],
    code: 2,
    says: /^ERR_USAGE: options of the output, but no output file/,
  },
  'an unknown output module': {
    args: ['scan', '10.64.0.1', ...SIM, '-o', '-', '-O', 'xml'],
    code: 2,
    says: /^ERR_UNKNOWN_NAME: .*"xml"\. Known: csv, json, json-array, text, extended_file/,
  },
  'an output module for Redis': {
    args: ['scan', '10.64.0.1', ...SIM, '-o', '-', '-O', 'redis-csv'],
    code: 2,
    says: /^ERR_USAGE: .*"redis-csv": interplot does not speak to Redis\. Pipe rows/,
  },
  'arguments for an output module': {
    args: ['scan', '10.64.0.1', ...SIM, '-o', '-', '--output-args', 'x'],
    code: 2,
    says: /^ERR_USAGE: the output module csv takes no --output-args/,
  },
  'metadata that are no JSON': {
    args: ['scan', '10.64.0.1', ...SIM, '-m', 'meta.json', '--user-metadata', '{who: me}'],
    code: 2,
    says: /^ERR_USAGE: --user-metadata wants JSON, not "\{who: me\}"/,
  },
  'metadata in a folder that is missing': {
    args: ['scan', '10.64.0.1', ...SIM, '-m', 'no/such/meta.json'],
    code: 1,
    says: /^ERR_OUTPUT_FILE: cannot write no\/such\/meta\.json/,
  },
  'rows and metadata both on standard output': {
    args: ['scan', '10.64.0.1', ...SIM, '-o', '-', '-m', '-'],
    code: 2,
    says: /^ERR_USAGE: --metadata-file - wants standard output/,
  },
  'metadata over the rows': {
    args: ['scan', '10.64.0.1', ...SIM, '-o', 'x.csv', '-m', 'x.csv'],
    code: 2,
    says: /^ERR_USAGE: x\.csv cannot be the output/,
  },
  'a status file over the metadata': {
    args: ['scan', '10.64.0.1', ...SIM, '-m', 'x', '-u', './x'],
    code: 2,
    says: /^ERR_USAGE: \.\/x cannot be the output/,
  },
  'a log in two places': {
    args: ['scan', '10.64.0.1', ...SIM, '-l', 'x.log', '-L', '.'],
    code: 2,
    says: /^ERR_USAGE: --log-file and --log-directory/,
  },
  'a log folder that is missing': {
    args: ['scan', '10.64.0.1', ...SIM, '-L', 'no/such'],
    code: 1,
    says: /^ERR_OUTPUT_FILE: cannot write no\/such\/interplot-/,
  },
  'more verbosity than there is': {
    args: ['scan', '10.64.0.1', ...SIM, '-v', '6'],
    code: 2,
    says: /^ERR_USAGE: --verbosity wants a whole number from 0 to 5/,
  },
  'two kinds of dry run': {
    args: ['scan', '2.2.2.2', '-d', '--fast-dryrun'],
    code: 2,
    says: /^ERR_USAGE: --dryrun, --fast-dryrun and --list-targets/,
  },
  'a dry run from an interface that is none': {
    args: ['scan', '2.2.2.2', '-d', '-i', 'pigeon0'],
    code: 1,
    says: /^ERR_INTERFACE: there is no network interface "pigeon0"/,
  },
  'a gateway that is no address': {
    args: ['scan', '2.2.2.2', '-d', '-G', '02:00'],
    code: 2,
    says: /^ERR_USAGE: --gateway-mac wants a MAC address/,
  },
  'source addresses that are none': {
    args: ['scan', '2.2.2.2', '-d', '-S', '192.0.2.9-192.0.2.1'],
    code: 2,
    says: /^ERR_USAGE: --source-ip wants an IPv4 address, a range/,
  },
  'more source addresses than anybody has': {
    args: ['scan', '2.2.2.2', '-d', '-S', '10.0.0.0-10.255.255.255'],
    code: 2,
    says: /^ERR_USAGE: --source-ip wants .* 4096 at most/,
  },
  'a switch that is neither': {
    args: ['scan', '2.2.2.2', '-d', '--validate-source-port', 'maybe'],
    code: 2,
    says: /^ERR_USAGE: --validate-source-port wants enable or disable/,
  },
  'processors that are none': {
    args: ['scan', '2.2.2.2', '-d', '--cores', '0,a'],
    code: 2,
    says: /^ERR_USAGE: --cores wants numbers of processors/,
  },
  'a hit rate beyond all': {
    args: ['scan', '2.2.2.2', '-d', '--min-hitrate', '101'],
    code: 2,
    says: /^ERR_USAGE: --min-hitrate wants a percentage/,
  },
  'a config file that is missing': {
    args: ['scan', '2.2.2.2', '-d', '-C', 'none.conf'],
    code: 1,
    says: /^ERR_INPUT_FILE: cannot read none\.conf: no such file/,
  },
  'a config file with an unknown option': {
    args: ['scan', '2.2.2.2', '-d', '-C', 'zmap.conf'],
    files: { 'zmap.conf': '# zmap\nsummary\n' },
    code: 1,
    says: /^ERR_INPUT_FILE: zmap\.conf:2: there is no option "summary" of scan/,
  },
  'a config file with a wrong value': {
    args: ['scan', '2.2.2.2', '-d', '-C', 'zmap.conf'],
    files: { 'zmap.conf': 'rate fast\n' },
    code: 2,
    says: /^ERR_USAGE: zmap\.conf:1: --rate wants packets a second/,
  },
  'an unknown engine in a dry run': {
    args: ['scan', '2.2.2.2', '-d', '--engine', 'steam'],
    code: 2,
    says: /^ERR_UNKNOWN_NAME: there is no engine "steam".*native, zmap, raw, connect/,
  },
  'an engine without the probe module, in a dry run': {
    args: ['scan', '2.2.2.2', '-d', '-p', '53', '-M', 'dns', '--engine', 'connect'],
    code: 2,
    says: /^ERR_USAGE: the connect engine has no probe module dns/,
  },
  'an engine that is a link, and another link, in a list of targets': {
    args: ['scan', '2.2.2.2', '--list-targets', '--engine', 'raw', '--link', 'packet'],
    code: 2,
    says: /^ERR_USAGE: --engine raw is --link raw, not packet/,
  },
  'what zmap does not have, in a dry run': {
    args: ['scan', '2.2.2.2', '--fast-dryrun', '--engine', 'zmap', '--canaries'],
    code: 2,
    says: /^ERR_USAGE: the zmap engine has no --canaries/,
  },
  'pairs for zmap, in a dry run': {
    args: ['scan', '-d', '--engine', 'zmap', '-I', 'pairs.txt'],
    files: { 'pairs.txt': '2.2.2.2:80\n' },
    code: 2,
    says: /^ERR_USAGE: zmap cannot probe a list of pairs/,
  },
  'an unknown link in a dry run': {
    args: ['scan', '2.2.2.2', '-d', '--link', 'pigeon'],
    code: 2,
    says: /^ERR_UNKNOWN_NAME: .*pigeon/,
  },
  'an unknown link': { args: ['scan', '2.2.2.2', '--link', 'pigeon'], code: 2, says: /^ERR_UNKNOWN_NAME: .*pigeon/ },
  'an unknown output field': { args: ['scan', '10.64.0.1', ...SIM, '-o', '-', '-f', 'color'], code: 2, says: /color/ },
  'a shard that is none': {
    args: ['scan', '2.2.2.2', '-d', '--shards', '4', '--shard', '4'],
    code: 2,
    says: /^ERR_USAGE: there is no shard 4 of 4/,
  },
  'a scenario with a wrong field': {
    args: ['scan', '10.64.0.1', '--allow-special', '10.0.0.0/8', '--scenario', 'wrong.json'],
    files: { 'wrong.json': '{"name":"x","seed":"x","vantage":{"address":"1.2.3"},"networks":[]}' },
    code: 1,
    says: /^ERR_SCENARIO: wrong\.json is not a scenario at vantage\.address/,
  },
  'an output folder that is missing': {
    args: ['scan', '10.64.0.0/24', ...SIM, '-o', 'no/such/out.csv'],
    code: 1,
    says: /^ERR_OUTPUT_FILE: cannot write no\/such\/out\.csv/,
  },
  'a results file that is another database': {
    args: ['scan', '10.64.0.0/24', ...SIM, '--db', 'notes.txt'],
    files: { 'notes.txt': 'these are my notes\n' },
    code: 1,
    says: /^ERR_STORE_CORRUPT: /,
  },
  'an output that is the results file': {
    args: ['scan', '10.64.0.0/24', ...SIM, '--db', 'new.db', '-o', 'new.db'],
    code: 2,
    says: /^ERR_USAGE: new\.db cannot be the output/,
  },
  'a full disk': {
    args: ['scan', '10.64.0.0/24', ...SIM, '--no-db', '-o', '/dev/full'],
    code: 1,
    says: /^ERR_DISK_FULL: /,
  },
  'no geolocation database': {
    args: ['geolocate', '-'],
    input: '1.1.1.1\n',
    code: 1,
    says: /^ERR_GEO_MISSING: .*interplot geo install/,
  },
  'a corrupt mmdb': {
    args: ['geolocate', '-', '--database', 'broken.mmdb'],
    files: { 'broken.mmdb': Buffer.alloc(4096, 7) },
    input: '1.1.1.1\n',
    code: 1,
    says: /^ERR_GEO_DATABASE: broken\.mmdb/,
  },
  'an unknown database to install': {
    args: ['geo', 'install', 'moon'],
    code: 2,
    says: /^ERR_UNKNOWN_NAME: .*dbip-city/,
  },
  'an address that is none': {
    args: ['geo', 'lookup', '1.2.3'],
    code: 2,
    says: /^ERR_USAGE: "1\.2\.3" is not an IP address/,
  },
  'a missing results file': { args: ['render', 'none.db'], code: 1, says: /^ERR_INPUT_FILE: .*none\.db/ },
  'a table without coordinates': {
    args: ['render', '-'],
    input: 'saddr\n1.1.1.1\n',
    code: 1,
    says: /^ERR_INPUT_FILE: .*interplot geolocate/,
  },
  'a binary file': {
    args: ['render', 'binary.csv'],
    files: { 'binary.csv': Buffer.from([0, 1, 2, 3]) },
    code: 1,
    says: /^ERR_INPUT_FILE: binary\.csv is not text/,
  },
  'an unknown projection': {
    args: ['render', '-', '--projection', 'flat'],
    input: 'lat,lon\n1,1\n',
    code: 2,
    says: /^ERR_UNKNOWN_NAME: .*natural-earth/,
  },
  'an unknown kind of picture': {
    args: ['render', '-', '-o', 'map.bmp'],
    input: 'lat,lon\n1,1\n',
    code: 2,
    says: /^ERR_UNKNOWN_NAME: .*png/,
  },
  'a size that is none': {
    args: ['render', '-', '--size', 'big'],
    input: 'lat,lon\n1,1\n',
    code: 2,
    says: /^ERR_USAGE: --size wants/,
  },
  'a picture beyond all bounds': {
    args: ['render', '-', '--size', '99999x99999'],
    input: 'lat,lon\n1,1\n',
    code: 2,
    says: /16384/,
  },
  'a lab without a command': { args: ['lab', 'run'], code: 2, says: /^ERR_USAGE: missing required argument 'command'/ },
}

describe('wrong input ends with one clear line, no stack trace and nothing half-written', () => {
  it.each(Object.entries(ROWS))('%s', async (name, row) => {
    const cwd = folderFor(folder, name)
    for (const [file, content] of Object.entries({ 'scenario.json': SCENARIO, ...row.files }))
      writeFileSync(join(cwd, file), content)
    const before = listFolder(cwd)
    const { code, stdout, stderr } = await interplot(row.args, {
      cwd,
      ...(row.input === undefined ? {} : { input: row.input }),
      env: { INTERPLOT_DATA_DIR: join(cwd, 'data'), INTERPLOT_LAB: '' },
    })
    const lines = stderr.trim().split('\n')
    expect(lines.at(-1)).toMatch(row.says)
    expect(stderr).not.toMatch(/^\s+at /m)
    expect(code).toBe(row.code)
    expect(stdout.replace(/^saddr\n/, '')).toBe('')
    expect(listFolder(cwd).filter((file) => !before.includes(file) && !/^results\.db/.test(file))).toEqual([])
  })

  it('a results file of a newer version, which stays as it is', async () => {
    const cwd = folderFor(folder, 'newer')
    const path = join(cwd, 'results.db')
    openStore(path, { mode: 'write', create: true }).close()
    const descriptor = openSync(path, 'r+')
    // user_version: bytes 60 to 63 of the header (https://www.sqlite.org/fileformat.html).
    writeSync(descriptor, Uint8Array.of(0, 0, 3, 231), 0, 4, 60)
    closeSync(descriptor)
    const { code, stderr } = await interplot(['render', 'results.db'], { cwd })
    expect([code, stderr.trim()]).toEqual([1, expect.stringMatching(/^ERR_STORE_NEWER: .*999/)])
  })

  it('prints the stack only when asked', async () => {
    const cwd = folderFor(folder, 'debug')
    const { stderr } = await interplot(['scan', '10.0.0.1', '-d', '--debug'], { cwd, env: { INTERPLOT_LAB: '' } })
    expect(stderr).toMatch(/^\s+at /m)
  })
})
