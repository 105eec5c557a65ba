import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readTableInput } from '../../../../src/commands/render/map-input/table-input.ts'
import { tableMap } from '../../../../src/commands/render/map-input/table-map.ts'
import { type MapQuery, mapQuery, type QueryOptions } from '../../../../src/commands/render/map-query.ts'
import { InterplotError } from '../../../../src/core/errors.ts'

const NO_WISHES = { top: false, labels: false, accuracy: false }

/** In chunks of a few bytes, as a slow pipe gives them. */
const chunksOf = (bytes: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))

const read = (text: string | Buffer, query: MapQuery = {}, chunk = 65_536) =>
  readTableInput(Readable.from(chunksOf(Buffer.from(text), chunk)), 'input', query)

const draw = async (text: string | Buffer, options: QueryOptions = {}, wishes = {}, addresses = false) => {
  const query = mapQuery(options, addresses)
  return tableMap(await read(text, query), 'input', query, { ...NO_WISHES, ...wishes })
}

const places = ({ data }: Awaited<ReturnType<typeof draw>>) =>
  Array.from(data.points.latitude, (latitude, i) => [latitude, data.points.longitude[i], data.points.weight[i]])

const TWO = [
  [10, 20, 3],
  [-5.5, 170, 1],
]

describe('points out of tables', () => {
  it.each([
    ['csv', 'ip,lat,lng,count\n1.1.1.1,10,20,3\n"a,b",-5.5,"170",\n'],
    ['csv in another order', 'Longitude,Weight,Latitude\n20,3,10\n170,,-5.5\n'],
    ['csv of DOS', '\uFEFFLAT,LON,COUNT\r\n10,20,3\r\n-5.5,170,1\r\n'],
    ['tabs, with nothing in the first column', 'city\tlat\tlong\tcount\n\t10\t20\t3\n\t-5.5\t170\t\n'],
    ['semicolons and decimal commas', 'lat;lon;count\n10;20;3\n-5,5;170,0;1\n'],
    ['ndjson', '{"latitude":10,"lon":20,"weight":3}\n{"lat":"-5.5","long":170}\n'],
    ['ndjson with members in any case', '{"Latitude":10,"LON":20,"Count":3}\n{"LAT":-5.5,"Lng":170}\n'],
    ['our JSON array', '[\n{"latitude":10,"longitude":20,"weight":3},\n{"latitude":-5.5,"longitude":170}\n]\n'],
    ['markers.json on one line', '[{"lat":10,"lng":20,"count":3,"ip":"1.1.1.1"},{"lat":-5.5,"lng":170,"ip":"::1"}]'],
    [
      'markers.json in a wrapper',
      '{"total":2,"markers":[{"lat":10,"lng":20,"count":3},{"lat":-5.5,"lng":170}],"x":[]}',
    ],
    ['objects one after the other', '{\n "lat": 10,\n "lon": 20, "count": 3\n}\n{\n "lat": -5.5,\n "lon": 170\n}\n'],
    ['a wrapper in a wrapper', '{"data":{"list":[{"lat":10,"lon":20,"count":3},{"lat":-5.5,"lon":170}]}}\n'],
    ['places by address', '{"1.1.1.1":{"lat":10,"lon":20,"count":3},"::1":{"latitude":-5.5,"longitude":170}}'],
    ['lists by address', '{"1.1.1.1":{"lat":10,"lon":20,"count":3},\n"1.1.1.2":[-5.5,170]}\n'],
    ['a list of places by address', '[{"1.1.1.1":{"lat":10,"lon":20,"count":3}},{"1.1.1.2":[-5.5,170]}]'],
    [
      'what MaxMind databases and zannotate nest',
      '{"ip":"1.1.1.1","count":3,"geoip2":{"latlong":{"latitude":10,"longitude":20}}}\n{"location":{"latitude":-5.5,"longitude":170}}\n',
    ],
    [
      'GeoJSON',
      '{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[20,10,99]},"properties":{"count":3}},{"type":"Feature","geometry":{"type":"MultiPoint","coordinates":[[170,-5.5]]},"properties":null}]}',
    ],
    [
      'nested geometries',
      '{"type":"GeometryCollection","geometries":[{"type":"GeometryCollection","geometries":[]},{"type":"MultiPoint","coordinates":[[20,10],[20,10],[20,10]]},{"type":"Point","coordinates":[170,-5.5]}]}',
    ],
  ])('from %s, however it is cut', async (name, text) => {
    const expected = name === 'nested geometries' ? [[10, 20, 1], [10, 20, 1], [10, 20, 1], TWO[1]] : TWO
    for (const size of [65_536, 7, 1]) {
      const table = await read(text, {}, size)
      const map = tableMap(table, 'input', {}, NO_WISHES)
      expect([places(map), map.notes], `chunks of ${size}`).toEqual([expected, []])
    }
  })

  it('reads UTF-16 and blank beginnings', async () => {
    const text = Buffer.from('\uFEFF\n\nlat,lon,count\n10,20,3\n-5.5,170,1\n', 'utf16le')
    expect(places(await draw(text))).toEqual(TWO)
    expect(places(await draw('\n\n  [{"lat":10,"lon":20,"count":3},{"lat":-5.5,"lon":170}]'))).toEqual(TWO)
  })

  it('knows what databases, people and we call the details', async () => {
    const header = 'Lat,Lng,IP Address,City,Country Name,AS Number,ISP,accuracy_km'
    const { data } = await draw(`${header}\n1,2,2001:DB8::1,Köln,Germany,AS64500,Example,50\n3,4,x,,,,,\n`)
    expect(data.points.details).toEqual({
      ...{ city: ['Köln', null], country: ['Germany', null], countryCode: ['DE', null] },
      ...{ asn: Uint32Array.of(64500, 0), asOrganization: ['Example', null], address: ['2001:db8::1', null] },
    })
    expect([...data.points.accuracyKm!]).toEqual([50, Number.NaN])
  })

  it('takes details from nested objects, and counts only from the row itself', async () => {
    const row =
      '{"lat":1,"lon":2,"country":{"iso_code":"FR","names":{"en":"France","de":"Frankreich"}},"seen":{"count":9}}'
    const { data } = await draw(`${row}\n`)
    const { country, countryCode } = data.points.details!
    expect([country, countryCode, [...data.points.weight]]).toEqual([['France'], ['FR'], [1]])
  })

  it('carries the attribution of the databases that its rows name onto the map', async () => {
    const { data } = await draw('latitude,longitude,source\n1,2,GeoLite2-City+dbip-city\n3,4,dbip-city\n5,6,\n')
    expect(data.attributions.length).toBe(2)
    expect(data.attributions.join(' ')).toMatch(/MaxMind.*IP Geolocation by DB-IP \(https:\/\/db-ip\.com, CC BY 4\.0\)/)
  })

  it('says of places what interplot geolocate said', async () => {
    const rows = '1,2,located\n1,2,approximate\n,,private\n,,unlocated\n,,anycast\n3,4,anycast\n'
    const { data } = await draw(`latitude,longitude,location\n${rows}`)
    expect(data.counts).toEqual({
      ...{ located: 4 - 1, unlocated: 3, private: 1, anycast: 1, approximate: 1, placedAnycast: 1 },
    })
  })
})

describe('rows that cannot be drawn', () => {
  it('are counted as without a place, whatever a program calls that', async () => {
    const rows = ['unknown', 'Unknown', 'null', 'None', '', ' ', 'N/A', '-'].map((word) => `${word},${word}\n`).join('')
    expect((await draw(`lat,lon\n1,2\n${rows}`)).data.counts).toMatchObject({ located: 1, unlocated: 8 })
    const json =
      '{"192.0.2.1":"unknown","192.0.2.2":null,"192.0.2.3":{"lat":"unknown","lon":"unknown"},"192.0.2.4":[1,2]}'
    expect((await draw(json)).data.counts).toMatchObject({ located: 1, unlocated: 3 })
    const feature = '{"type":"Feature","geometry":null,"properties":{}}'
    expect((await draw(`${feature}\n`)).data.counts).toMatchObject({ located: 0, unlocated: 1 })
  })

  it.each([
    ['lat,lon\n91,0\n1,2\n', 'input:2: coordinates that are not on Earth: 91, 0'],
    ['lat,lon\n1,x\n1,2\n', 'input:2: coordinates that are not on Earth: 1, x'],
    ['lat,lon\n1,NaN\n1,2\n', 'input:2: coordinates that are not on Earth: 1, NaN'],
    ['lat,lon\n1,Infinity\n1,2\n', 'input:2: coordinates that are not on Earth: 1, Infinity'],
    ['lat,lon\n"1,2\n1,2\n', 'input:2: a quote that is not closed'],
    ['lat,lon,count\n1,2,-1\n1,2,1\n', 'input:2: "-1" is no weight'],
    ['lat,lon,count\n1,2,1e308\n1,2,1\n', 'input:2: "1e308" is no weight'],
    ['[{"lat":NaN,"lon":1},\n{"lat":1,"lon":2}]', 'input:1: not JSON: {"lat":NaN,"lon":1}'],
    ['[\n5,{"lat":1,"lon":2}]', 'input:2: not an object: 5'],
    ['{"lat":1,"lon":2}\nrubbish\n', 'input:2: not JSON: rubbish'],
    ['{"lat":1,"lon":2}\n{"type":"Polygon","coordinates":[]}\n', 'input:2: a Polygon is neither point nor line'],
    ['{"lat":1,"lon":2}\n{"type":"Point","coordinates":[1]}\n', 'input:2: coordinates that are not on Earth: NaN, 1'],
    ['{"lat":1,"lon":2}\n{"type":"LineString","coordinates":[[1,2]]}\n', 'a line of fewer than two positions on Earth'],
  ])('are named, and the rest is drawn: %j', async (text, problem) => {
    const { data, notes } = await draw(text)
    expect([data.points.weight.length, notes[0], notes[1]]).toEqual([
      1,
      expect.stringContaining(problem),
      '1 rows passed over',
    ])
  })

  it('are named ten times at most', async () => {
    const { notes } = await draw(`lat,lon\n${'x,y\n'.repeat(5000)}`)
    expect([notes.length, notes[10]]).toEqual([11, '5,000 rows passed over'])
  })

  it('steer no terminal', async () => {
    const { notes, data } = await draw('lat,lon,city\n1,\u001b[2J\u009b,x\n1,2,\u001b]0;Köln\u0007\u202e\n')
    expect(notes.join('')).not.toMatch(/\p{Cc}/u)
    expect(data.points.details!.city).toEqual(['�]0;Köln��'])
  })
})

describe('tables that say nothing', () => {
  it.each([
    ['', 'input is empty'],
    [' \n\n', 'input is empty'],
    ['lat,lon\n', 'input has a header and no rows'],
    ['[]', 'input has no rows'],
    ['{}', 'input has no rows'],
    ['{"markers":[]}', 'input has no rows'],
    ['{"type":"FeatureCollection","features":[]}', 'input has no rows'],
  ])('%j becomes an empty map that says why', async (text, why) => {
    const { data, notes, nothing } = await draw(text, {}, { top: true, labels: true })
    expect([data.points.weight.length, notes, nothing]).toEqual([0, [], why])
  })

  it.each([
    ['saddr\n1.1.1.1\n', 'input has no columns latitude and longitude: saddr'],
    ['1.1.1.1\n1.1.1.2\n', 'input has no columns latitude and longitude: 1.1.1.1'],
    ['["1.1.1.1"]', 'input has no columns latitude and longitude'],
    ["['1.1.1.1', '1.1.1.2']\n", 'input has no columns latitude and longitude'],
    ['{"saddr":"1.1.1.1"}\n', 'input has no columns latitude and longitude: saddr'],
    ['Status for the jail: sshd\n`- Banned IP list: 1.1.1.1\n', 'input has no columns latitude and longitude'],
  ])('%j is refused with what to do', async (text, message) => {
    const error = await draw(text).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ code: 'ERR_INPUT_FILE', message: expect.stringContaining(message) })
    expect(error).toHaveProperty('advice', expect.stringContaining('interplot geolocate'))
  })

  it.each([
    ['gzip', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]), /gzip/],
    ['a picture', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 13]), /is not text/],
    ['JSON that breaks off', '[{"lat":1,"lon":2},{"lat":', /input:1: it breaks off in the middle/],
    ['JSON with rubbish between', '[{"lat":1,"lon":2}\n{"lat":1}]', /input:2: a comma or \] is wanted here/],
    ['JSON with rubbish behind', '[{"lat":1,"lon":2}]\n<html>', /input:2: "<html>" is not JSON/],
    ['an endless line', `lat,lon\n${'1'.repeat(2_000_000)}`, /longer than 1 MiB/],
    ['an endless value', `["${'1'.repeat(65 * 1024 * 1024)}`, /a value of more than 64 MiB/],
  ])('%s is refused', async (_name, content, message) => {
    await expect(draw(content)).rejects.toMatchObject({
      code: 'ERR_INPUT_FILE',
      message: expect.stringMatching(message),
    })
  })
})

describe('traces', () => {
  const HEADER = 'CITY,ID,HOP,LONGITUDE,LATITUDE,IP,DATE_CREATED\n'

  it('become paths in order of HOP, the first of equal hops kept, placeless hops passed over', async () => {
    const rows =
      'B,1,3,30,3,10.0.0.3,2020-01-01\nA,1,1,10,1,10.0.0.1,x\n,1,2,,,10.0.0.2,\nZ,1,1,99,9,10.0.0.9,\nC,host,1,5,6,,\n'
    const { data, notes } = await draw(HEADER + rows)
    expect(data.paths).toEqual([
      {
        name: '10.0.0.3',
        points: [
          { longitude: 10, latitude: 1, label: '1', address: '10.0.0.1', city: 'A' },
          { longitude: 30, latitude: 3, label: '3', address: '10.0.0.3', city: 'B' },
        ],
      },
      { name: 'host', points: [{ longitude: 5, latitude: 6, label: '1', city: 'C' }] },
    ])
    expect([data.points.weight.length, data.counts.located, data.counts.unlocated]).toEqual([0, 0, 1])
    expect(notes).toEqual(['1 rows repeat ID and HOP of an earlier one and are not drawn'])
  })

  it.each(['x', '-1', '1.5', '256', ''])('refuse %j as a HOP', async (hop) => {
    const { notes } = await draw(`${HEADER}A,1,${hop},10,1,10.0.0.1,\n`)
    expect(notes[0]).toMatch(/^input:2: ".*" is no HOP$/)
  })

  it('are no points to colour or rank', async () => {
    const rows = `${HEADER}A,1,1,10,1,10.0.0.1,2020-01-01\n`
    await expect(draw(rows, {}, { top: true })).rejects.toThrow('--top is about points, and input holds traces')
    await expect(draw(rows, { animate: 'day' })).rejects.toThrow('--animate is about points')
    expect((await draw(rows, { until: '2019-01-01' })).data.paths).toEqual([])
  })
})

describe('lines of GeoJSON', () => {
  const feature = (geometry: object, properties: object = {}) => ({ type: 'Feature', geometry, properties })
  const point = (coordinates: number[], properties: object = {}) => feature({ type: 'Point', coordinates }, properties)

  it('become paths, put together where they were cut at 180°', async () => {
    const cut = [
      [
        [170, 10],
        [180, 15],
      ],
      [
        [-180, 15],
        [-170, 20],
      ],
    ]
    const features = [
      feature(
        {
          type: 'LineString',
          coordinates: [
            [1, 2],
            [3, 4],
          ],
        },
        { name: 'one' },
      ),
      feature({ type: 'MultiLineString', coordinates: cut }),
    ]
    const { data } = await draw(JSON.stringify({ type: 'FeatureCollection', features }))
    expect(data.paths).toEqual([
      {
        name: 'one',
        points: [
          { longitude: 1, latitude: 2 },
          { longitude: 3, latitude: 4 },
        ],
      },
      {
        points: [
          { longitude: 170, latitude: 10 },
          { longitude: -170, latitude: 20 },
        ],
      },
    ])
  })

  it('that we wrote come back with their hops, beside the points', async () => {
    const features = [
      point([5, 6], { count: 7, city: 'X' }),
      feature(
        {
          type: 'LineString',
          coordinates: [
            [1, 2],
            [3, 4],
          ],
        },
        { path: 'a', hops: 2 },
      ),
      point([1, 2], { path: 'a', hop: '1', address: '10.0.0.1', rttUs: 5 }),
      point([3, 4], { path: 'a', hop: '3', city: 'Y' }),
      point([8, 9], { path: 'b', hop: '1' }),
    ]
    const text = JSON.stringify({ type: 'FeatureCollection', title: 'T', subtitle: 'S', attribution: ['A'], features })
    for (const size of [65_536, 11]) {
      const table = await read(text, {}, size)
      const { data } = tableMap(table, 'input', {}, NO_WISHES)
      expect(data).toMatchObject({ title: 'T', subtitle: 'S', attributions: ['A'], counts: { located: 7 } })
      expect(data.paths).toEqual([
        {
          name: 'a',
          points: [
            { longitude: 1, latitude: 2, label: '1', address: '10.0.0.1', rttUs: 5 },
            { longitude: 3, latitude: 4, label: '3', city: 'Y' },
          ],
        },
        { name: 'b', points: [{ longitude: 8, latitude: 9, label: '1' }] },
      ])
    }
  })
})

const ROWS = `ip,lat,lon,country,city,port,rtt_ms,time,asn
192.0.2.9,1,1,Germany,Berlin,80,10,2026-01-01T00:30:00Z,64500
192.0.2.1,2,2,DE,Köln,443,20,2026-01-01 01:30,64501
192.0.2.1,3,3,France,Paris,80,,1767233400,64500
2001:db8::1,4,4,,,,30,,
`

describe('what is asked of tables', () => {
  it.each<[QueryOptions, number[]]>([
    [{ country: ['DE'] }, [1, 2]],
    [{ country: ['fr', 'Germany'] }, [1, 2, 3]],
    [{ port: 80 }, [1, 3]],
    [{ since: '2026-01-01T01:00' }, [2, 3]],
    [{ until: '2026-01-01T01:00' }, [1]],
    [{ where: 'city = Berlin || city = "Köln"' }, [1, 2]],
    [{ where: 'city != Berlin' }, [2, 3, 4]],
    [{ where: 'port != 80' }, [2, 4]],
    [{ where: 'rtt_ms < 25 && lat > 1' }, [2]],
    [{ where: 'rtt_ms >= 0' }, [1, 2, 4]],
    [{ where: 'ip = "2001:0DB8:0::1"' }, [4]],
    [{ where: 'lat > -0.5', port: 443 }, [2]],
  ])('%j', async (options, expected) => {
    expect([...(await draw(ROWS, options)).data.points.latitude]).toEqual(expected)
    const [header, ...lines] = ROWS.trim()
      .split('\n')
      .map((line) => line.split(','))
    const ndjson = lines.map((line) => JSON.stringify(Object.fromEntries(line.map((cell, i) => [header![i], cell]))))
    expect([...(await draw(`${ndjson.join('\n')}\n`, options)).data.points.latitude]).toEqual(expected)
  })

  it.each<[string, QueryOptions, object, RegExp]>([
    ['port', { port: 80 }, {}, /^--port needs a column/],
    ['since', { since: '2026-01-01' }, {}, /^--since needs a column/],
    ['country', { country: ['DE'] }, {}, /^--country needs a column/],
    ['colour', { colorBy: 'rtt' }, {}, /^--color-by rtt needs a column/],
    ['frames', { animate: 'hour' }, {}, /^--animate needs a column/],
    ['where', { where: 'lat > 1 && port = 80' }, {}, /^--where, column 12: there is no column named "port"/],
    ['prototype', { where: 'constructor = x' }, {}, /there is no column named "constructor"/],
    ['order', { where: 'lat > x' }, {}, /texts have no order/],
    ['top', {}, { top: true }, /^--top needs a column/],
    ['labels', {}, { labels: true }, /^--labels needs a column/],
    ['accuracy', {}, { accuracy: true }, /^--accuracy needs a column/],
  ])('is refused where a column is missing: %s', async (_name, options, wishes, message) => {
    for (const text of ['lat,lon\n1,2\n', '{"lat":1,"lon":2}\n', '[{"lat":1,"lon":2}]']) {
      await expect(draw(text, options, wishes)).rejects.toMatchObject({
        code: 'ERR_USAGE',
        message: expect.stringMatching(message),
      })
    }
  })

  it('colours by port, time and network', async () => {
    const byPort = await draw(ROWS, { colorBy: 'port' })
    expect(byPort.data.colouring).toMatchObject({
      groups: [
        { label: '80 http', count: 2 },
        { label: '443 https', count: 1 },
        { label: 'unknown', count: 1 },
      ],
    })
    const byTime = await draw(ROWS, { colorBy: 'first-seen' })
    expect([byTime.uncoloured, ...byTime.data.points.weight]).toEqual([1, 1, 1, 1, 0])
    const byRtt = await draw(ROWS, { colorBy: 'rtt' })
    expect(byRtt.uncoloured).toBe(1)
    const byNetwork = await draw(ROWS, { colorBy: 'asn' })
    expect(byNetwork.data.colouring).toMatchObject({ groups: [{ label: 'AS64500' }, { label: 'AS64501' }, {}] })
  })

  it('makes frames as a results file has them', async () => {
    const { data, notes } = await draw(ROWS, { animate: 'hour' })
    const startUs = Date.UTC(2026, 0, 1) * 1000
    expect(data.frames).toEqual({ count: 3, startUs, lengthUs: 3.6e9, cumulative: true })
    expect([...data.points.frame!].slice(0, 3)).toEqual([0, 1, 2])
    expect([data.counts.located, notes]).toEqual([3, ['1 rows have no time and are in no frame']])
    await expect(draw(ROWS, { animate: '1s' })).rejects.toMatchObject({ code: 'ERR_USAGE' })
  })

  it('lists distinct IPv4 addresses for a map of their space, also without places', async () => {
    const expected = Uint32Array.of(0xc0000201, 0xc0000209)
    expect((await draw(ROWS, {}, {}, true)).data.addresses).toEqual(expected)
    const { data } = await draw('saddr\n192.0.2.9\n192.0.2.1\n192.0.2.9\n', {}, {}, true)
    expect([data.addresses, data.counts.unlocated]).toEqual([expected, 3])
    await expect(draw('lat,lon\n1,2\n', {}, {}, true)).rejects.toThrow('--projection hilbert needs a column')
  })
})

describe('whatever comes', () => {
  const cell = fc.oneof(
    fc.double(),
    fc.integer({ min: -200, max: 200 }),
    fc.constantFrom('', 'unknown', 'NaN', '1,5', '"', '\u001b[31m', '__proto__', '1e308', '[', '{}'),
    fc.string({ maxLength: 12 }),
  )
  const names = fc.constantFrom('lat', 'lon', 'count', 'id', 'hop', 'ip', 'city', 'time', 'constructor', '__proto__')

  const check = async (text: string | Buffer, chunk: number): Promise<void> => {
    const table = await read(text, {}, chunk).catch((cause: unknown) => cause)
    if (!('rows' in Object(table))) {
      expect(table).toBeInstanceOf(InterplotError)
      expect(table).toHaveProperty('code', 'ERR_INPUT_FILE')
      return
    }
    const { rows } = table as Awaited<ReturnType<typeof read>>
    const { weight, rows: all, placelessHops, hops, problemCount, filtered, paths, placelessRows } = rows
    expect(placelessHops).toBeLessThanOrEqual(hops)
    expect(weight.length + placelessRows + hops + paths.length + problemCount + filtered).toBe(all)
    const { data } = tableMap(table as never, 'input', {}, NO_WISHES)
    expect(Number.isFinite(data.counts.located + data.counts.unlocated)).toBe(true)
    expect(data.points.latitude.every((each) => Math.abs(each) <= 90)).toBe(true)
    expect(data.points.longitude.every((each) => Math.abs(each) <= 180)).toBe(true)
  }

  it('adds up for tables', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(names, { minLength: 1 }),
        fc.array(fc.array(cell, { maxLength: 8 }), { maxLength: 20 }),
        fc.constantFrom(',', ';', '\t'),
        fc.integer({ min: 1, max: 50 }),
        async (header, lines, separator, chunk) => {
          await check([header, ...lines].map((line) => line.join(separator)).join('\n'), chunk)
        },
      ),
    )
  })

  it('adds up for JSON, in any form and however it is cut', async () => {
    const object = fc.dictionary(
      fc.oneof(names, fc.string({ maxLength: 4 }), fc.constant('192.0.2.1')),
      fc.oneof(cell, fc.jsonValue({ maxDepth: 3 })),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(object, { maxLength: 12 }),
        fc.constantFrom('lines', 'array', 'wrapper', 'pretty'),
        fc.integer({ min: 1, max: 50 }),
        async (rows, form, chunk) => {
          const text = {
            lines: rows.map((row) => JSON.stringify(row)).join('\n'),
            array: JSON.stringify(rows),
            wrapper: JSON.stringify({ name: 'x', rows }),
            pretty: rows.map((row) => JSON.stringify(row, null, 2)).join('\n'),
          }[form]
          await check(text, chunk)
        },
      ),
    )
  })

  it('adds up for geometries', async () => {
    const position = fc.array(fc.oneof(fc.integer({ min: -200, max: 200 }), fc.constant(null)), { maxLength: 3 })
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.record({ type: fc.constant('Point'), coordinates: position }),
        fc.record({ type: fc.constantFrom('LineString', 'MultiPoint', 'Polygon'), coordinates: fc.array(position) }),
        fc.record({ type: fc.constant('MultiLineString'), coordinates: fc.array(fc.array(position)) }),
        fc.record({ type: fc.constant('GeometryCollection'), geometries: fc.array(tie('tree'), { maxLength: 4 }) }),
        fc.record({
          type: fc.constant('Feature'),
          geometry: fc.oneof(fc.constant(null), tie('tree')),
          properties: fc.dictionary(fc.constantFrom('count', 'hops', 'hop', 'path'), fc.integer({ min: -1, max: 4 })),
        }),
        fc.record({ type: fc.constant('FeatureCollection'), features: fc.array(tie('tree'), { maxLength: 4 }) }),
      ),
    }))
    await fc.assert(
      fc.asyncProperty(fc.array(tree, { maxLength: 6 }), fc.boolean(), async (values, collection) => {
        const text = collection
          ? JSON.stringify({ type: 'FeatureCollection', features: values })
          : values.map((each) => JSON.stringify(each)).join('\n')
        await check(text, 1000)
      }),
    )
  })

  it('never fails on bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom('', '[', '{', 'lat,lon\n'),
        async (bytes, head) => {
          await check(Buffer.concat([Buffer.from(head), bytes]), 64)
        },
      ),
    )
  })

  it('keeps its stack on deep JSON', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
    await check(`[{"lat":1,"lon":2,"x":${deep}},${deep}]`, 65_536)
    await check(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}\n`, 65_536)
    const nested = `${'{"type":"GeometryCollection","geometries":['.repeat(2000)}${']}'.repeat(2000)}`
    await check(`${nested}\n`, 65_536)
  })
})
