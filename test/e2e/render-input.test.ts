/** What `interplot render` reads, and what it refuses, through the built program. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { folderFor, listFolder, temporaryFolder } from '../temporary-folder.ts'
import { interplot, shell } from './interplot.ts'

const folder = temporaryFolder('render-input')
const SMALL = ['--size', '400x225']

const TRACES =
  'CITY,ID,HOP,LONGITUDE,LATITUDE,IP,DATE_CREATED\nA,1,1,10,1,10.0.0.1,2020-01-01\nB,1,2,,,10.0.0.2,2020-01-01\nC,1,3,30,3,10.0.0.3,2020-01-01\n'
const MARKERS = [
  {
    lat: 52.5,
    lng: 13.4,
    ip: '192.0.2.1',
    city: 'Berlin',
    country_code: 'DE',
    country_name: 'Germany',
    zip_code: '',
    src: 'x',
  },
  {
    lat: 48.9,
    lng: 2.4,
    ip: '192.0.2.2',
    city: 'Paris',
    country_code: 'FR',
    country_name: 'France',
    zip_code: '',
    src: 'x',
  },
]
const COLLECTION = {
  type: 'FeatureCollection',
  features: [
    { type: 'Feature', geometry: { type: 'Point', coordinates: [13.4, 52.5] }, properties: { count: 7 } },
    {
      type: 'Feature',
      geometry: {
        type: 'LineString',
        coordinates: [
          [170, 0],
          [-170, 10],
        ],
      },
      properties: { name: 'sea' },
    },
  ],
}

interface Good {
  text: string | Buffer
  args?: string[]
  says: RegExp
  stats: object
}

const GOOD: Record<string, Good> = {
  'CSV of anybody': {
    text: 'Lat,LNG\n1,2\n3,4\n',
    says: /2 addresses located, 0 without a place/,
    stats: { located: 2 },
  },
  tabs: { text: 'ip\tlat\tlong\n\t1\t2\n', says: /1 address located/, stats: { located: 1 } },
  semicolons: { text: 'lat;lon;count\n1,5;2,5;3\n', says: /3 addresses located/, stats: { located: 3 } },
  'UTF-16': {
    text: Buffer.from('\uFEFFlat,lon\n1,2\n', 'utf16le'),
    says: /1 address located/,
    stats: { located: 1 },
  },
  ndjson: {
    text: '{"lat":1,"lon":2}\n{"lat":"unknown","lon":"unknown"}\n',
    says: /1 address located, 1 without/,
    stats: { unlocated: 1 },
  },
  'markers.json': {
    text: JSON.stringify(MARKERS),
    args: ['--top', '5', '--labels'],
    says: /Berlin, DE/,
    stats: {
      located: 2,
      rankings: {
        countries: [
          { label: 'France', count: 1 },
          { label: 'Germany', count: 1 },
        ],
      },
    },
  },
  'markers.json for people': {
    text: JSON.stringify({ markers: MARKERS }, null, 2),
    args: ['--country', 'Germany'],
    says: /1 address located/,
    stats: { located: 1 },
  },
  'ip_coordinates.json': {
    text: '{"192.0.2.1":{"lat":1,"lon":2},"192.0.2.2":[3,4],"192.0.2.3":"unknown"}',
    says: /2 addresses located, 1 without a place/,
    stats: { located: 2, unlocated: 1 },
  },
  traces: { text: TRACES, says: /1 trace drawn, 1 hop without a place/, stats: { traces: 1, located: 0 } },
  GeoJSON: {
    text: JSON.stringify(COLLECTION),
    says: /7 addresses located, 1 trace drawn/,
    stats: { located: 7, traces: 1 },
  },
  'GeoJSON without its traces': {
    text: JSON.stringify(COLLECTION),
    args: ['--no-traces'],
    says: /7 addresses located, 0 without a place/,
    stats: { located: 7, traces: 0 },
  },
  'addresses for a map of their space': {
    text: 'ip\n192.0.2.1\n192.0.2.1\n10.0.0.1\n',
    args: ['--projection', 'hilbert'],
    says: /2 different IPv4 addresses/,
    stats: { unlocated: 3 },
  },
  'rows that are none': {
    text: 'lat,lon\n91,0\n1,2\n',
    says: /input:2: coordinates that are not on Earth: 91, 0\n1 rows passed over\n/,
    stats: { located: 1 },
  },
  'an empty file': { text: '', says: /^input is empty: the map says so\.$/m, stats: { located: 0 } },
  'no markers': { text: '[]', says: /^input has no rows: the map says so\.$/m, stats: { located: 0 } },
  'a header': {
    text: 'lat,lon\n',
    args: ['--country', 'DE', '--top', '3'],
    says: /^input has a header and no rows: the map says so\.$/m,
    stats: { located: 0 },
  },
  'nothing that was asked for': {
    text: 'lat,lon,port\n1,2,80\n',
    args: ['--port', '443'],
    says: /^of 1 rows of input, none is what was asked for: the map says so\.$/m,
    stats: { located: 0 },
  },
}

describe('a map out of', () => {
  it.each(Object.entries(GOOD))('%s', async (name, { text, args = [], says, stats }) => {
    const cwd = folderFor(folder, name)
    writeFileSync(join(cwd, 'input'), text)
    const shape = args.includes('hilbert') ? ['--size', '256x256'] : SMALL
    const command = ['render', 'input', '-o', 'map.png', '--stats-json', 'stats.json', ...shape, ...args]
    const { code, stderr } = await interplot(command, { cwd })
    expect([code, stderr]).toEqual([0, expect.stringMatching(says)])
    expect(readFileSync(join(cwd, 'map.png')).subarray(1, 4).toString()).toBe('PNG')
    expect(JSON.parse(readFileSync(join(cwd, 'stats.json'), 'utf8'))).toMatchObject(stats)
    expect(listFolder(cwd)).toEqual(['input', 'map.png', 'stats.json'])
  })

  it('a pipe, the same', async () => {
    const cwd = folderFor(folder, 'pipe')
    writeFileSync(join(cwd, 'input'), JSON.stringify(MARKERS))
    const line =
      'cat input | interplot render - -o one.png --title T --subtitle S --size 400x225 && interplot render input -o - --title T --subtitle S --size 400x225 > two.png'
    const { code, stderr } = await shell(line, { cwd })
    expect([code, stderr]).toEqual([0, expect.stringContaining('2 addresses located')])
    expect(readFileSync(join(cwd, 'one.png')).equals(readFileSync(join(cwd, 'two.png')))).toBe(true)
  })

  it('names that steer no terminal', async () => {
    const cwd = folderFor(folder, 'escape')
    writeFileSync(join(cwd, 'input'), 'lat,lon,city\n1,2,\u001b]0;owned\u0007\n\u001b[2J,1,x\n')
    const { code, stderr } = await interplot(['render', 'input', '-o', 'map.png', '--top', '3', ...SMALL], { cwd })
    expect([code, stderr.replaceAll('\n', '')]).toEqual([0, expect.not.stringMatching(/\p{Cc}/u)])
  })
})

interface Bad {
  text?: string | Buffer
  args?: string[]
  code: number
  says: RegExp
}

const BAD: Record<string, Bad> = {
  'no such file': { code: 1, says: /^ERR_INPUT_FILE: cannot read input: no such file/ },
  'a list of addresses': {
    text: '192.0.2.1\n192.0.2.2\n',
    code: 1,
    says: /^ERR_INPUT_FILE: input has no columns latitude and longitude: 192\.0\.2\.1\. .*interplot geolocate/,
  },
  'what fail2ban says': {
    text: "['192.0.2.1', '192.0.2.2']\n",
    code: 1,
    says: /^ERR_INPUT_FILE: input has no columns.*interplot geolocate/,
  },
  'a picture': {
    text: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 13]),
    code: 1,
    says: /^ERR_INPUT_FILE: input is not text/,
  },
  gzip: {
    text: gzipSync('lat,lon\n1,2\n'),
    code: 1,
    says: /^ERR_INPUT_FILE: input is compressed with gzip\. Unpack it first/,
  },
  'JSON that breaks off': {
    text: '[{"lat":1,"lon":2},{"lat"',
    code: 1,
    says: /^ERR_INPUT_FILE: input:1: it breaks off in the middle/,
  },
  'a column that is missing': {
    text: 'lat,lon\n1,2\n',
    args: ['--color-by', 'port'],
    code: 2,
    says: /^ERR_USAGE: --color-by port needs a column that input does not have\. It would be called one of: port, sport\./,
  },
  'a filter over a column that is missing': {
    text: 'lat,lon\n1,2\n',
    args: ['--where', 'asn = 1'],
    code: 2,
    says: /^ERR_USAGE: --where, column 1: there is no column named "asn"\. Known: lat, lon\./,
  },
  'a run of a table': {
    text: 'lat,lon\n1,2\n',
    args: ['--run', '1'],
    code: 2,
    says: /^ERR_USAGE: --run is for results files, and input is none/,
  },
  'picture and numbers both on standard output': {
    text: 'lat,lon\n',
    args: ['-o', '-', '--stats-json', '-'],
    code: 2,
    says: /both want standard output/,
  },
  'a prefix of the Earth': {
    text: 'lat,lon\n',
    args: ['--prefix', '10.0.0.0/8'],
    code: 2,
    says: /^ERR_USAGE: --prefix is for maps of the address space/,
  },
  'a box upside down': {
    text: 'lat,lon\n',
    args: ['--bbox', '10,20,5,30'],
    code: 2,
    says: /^ERR_USAGE: --bbox .* its south lies north of its north/,
  },
  'colours that are none': {
    text: 'lat,lon\n',
    args: ['--colors', 'purple'],
    code: 2,
    says: /^ERR_UNKNOWN_NAME: there is no colour map named "purple"\. Known: viridis/,
  },
  'a folder that is missing': {
    text: 'lat,lon\n',
    args: ['-o', 'none/map.png'],
    code: 1,
    says: /^ERR_OUTPUT_FILE: cannot write .*none: no such file or folder/,
  },
  'a picture beyond memory': {
    text: 'lat,lon\n',
    args: ['--size', '100000x100000'],
    code: 2,
    says: /^ERR_USAGE: a map cannot be 100000 × 100000 pixels/,
  },
  'colours that the layer does not have': {
    text: 'lat,lon,port\n1,2,3\n',
    args: ['--layer', 'hexbin', '--color-by', 'port'],
    code: 2,
    says: /^ERR_USAGE: --color-by: the colours of hexbin are amounts/,
  },
  'frames of the address space': {
    text: 'ip\n',
    args: ['--projection', 'hilbert', '--zoom', '3'],
    code: 2,
    says: /^ERR_USAGE: --zoom: a map of the address space/,
  },
}

describe('no map, one line and nothing written for', () => {
  it.each(Object.entries(BAD))('%s', async (name, { text, args = [], code, says }) => {
    const cwd = folderFor(folder, `no ${name}`)
    if (text !== undefined) writeFileSync(join(cwd, 'input'), text)
    const finished = await interplot(['render', 'input', '-o', 'map.png', ...SMALL, ...args], { cwd })
    expect([finished.code, finished.stderr]).toEqual([code, expect.stringMatching(says)])
    expect([finished.stdout, finished.stderr.trim().split('\n').length]).toEqual(['', 1])
    expect(listFolder(cwd)).toEqual(text === undefined ? [] : ['input'])
  })

  it('a folder', async () => {
    const cwd = folderFor(folder, 'no folder')
    mkdirSync(join(cwd, 'input'))
    const { code, stderr } = await interplot(['render', 'input', '-o', 'map.png'], { cwd })
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^ERR_INPUT_FILE: cannot read input: it is a folder.*\n$/),
    ])
    expect(listFolder(cwd)).toEqual(['input'])
  })
})
