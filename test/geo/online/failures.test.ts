import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { InterplotError } from '../../../src/core/errors.ts'
import { geoProviders } from '../../../src/geo/providers/index.ts'
import { environmentFor, KEY, lists, lookUp, type Setup } from './lookup.ts'
import { type Asked, type Handler, json, serve } from './server.ts'
import { answerOf, askedFor, ipgeolocationFlatOf, ONLINE, type Online, worldHandler, worldOf } from './shapes.ts'

const IPS = ['11.0.0.1', '11.0.0.2', '11.0.0.3', '2600::1']

const ipstackError = (code: number): Handler => {
  return (_asked, response) =>
    json(response, { success: false, error: { code, type: 'some_type', info: `no: ${KEY} \u001b[31mred\u0007` } })
}
const status =
  (code: number, value: unknown = { message: `refused ${KEY}` }): Handler =>
  (_asked, response) =>
    json(response, value, code)

/** What ends a run: the code, the words of it, and how often the server was asked. */
const STOPS: [provider: Online, what: string, handler: Handler, code: string, words: RegExp, requests?: number][] = [
  ['ipstack', '101', ipstackError(101), 'ERR_GEO_KEY', /does not accept the key: "no: \[key\] \[31mred"/],
  ['ipstack', '102', ipstackError(102), 'ERR_GEO_KEY', /INTERPLOT_IPSTACK_KEY/],
  ['ipstack', '104', ipstackError(104), 'ERR_GEO_QUOTA', /quota.*Run the same command again/],
  ['ipstack', '105', ipstackError(105), 'ERR_GEO_PLAN', /--provider-url http:/],
  ['ipstack', '301', ipstackError(301), 'ERR_GEO_PROVIDER', /refuses the request/],
  ['ipstack', '103', ipstackError(103), 'ERR_GEO_PROVIDER', /refuses the request/],
  ['ipstack', '429 for ever', status(429, {}), 'ERR_GEO_QUOTA', /asked too fast/, 4],
  ['ipgeolocation', '401', status(401), 'ERR_GEO_KEY', /does not accept the key: "refused \[key\]"/],
  ['ipgeolocation', '403', status(403), 'ERR_GEO_PLAN', /plan/],
  ['ipgeolocation', '405', status(405), 'ERR_GEO_PROVIDER', /refuses/],
  ['ipgeolocation', '429 for ever', status(429), 'ERR_GEO_QUOTA', /quota/, 4],
  ['freegeoip', '401', status(401), 'ERR_GEO_KEY', /INTERPLOT_FREEGEOIP_KEY/],
  ['freegeoip', '403', status(403), 'ERR_GEO_QUOTA', /quota/],
  ['freegeoip', '418', status(418), 'ERR_GEO_PROVIDER', /418/],
]

describe('a server that refuses ends the run with one plain failure', () => {
  it.each(STOPS)('%s: %s', async (name, _what, handler, code, words, requests) => {
    const server = await serve(handler)
    const { found, error } = await lookUp(name, server.url, IPS, { concurrency: 1 })
    expect(error?.code).toBe(code)
    expect(error?.toLine()).toMatch(words)
    expect(error?.toLine()).toMatch(/kept/)
    expect(`${error?.toLine()} ${error?.stack} ${JSON.stringify(error)}`).not.toContain(KEY)
    expect(error?.toLine()).not.toMatch(/[\p{Cc}]/u)
    expect(found.size).toBe(0)
    if (requests !== undefined) expect(server.asked).toHaveLength(requests)
  })

  it.each(ONLINE)('%s: what came before is kept', async (name) => {
    const server = await serve((asked, response, count) =>
      count > 2
        ? json(response, { message: 'x', success: false, error: { code: 101 } }, 401)
        : worldHandler(name)(asked, response),
    )
    const ips = Array.from({ length: 200 }, (_, i) => `11.0.0.${i}`)
    const { found, error } = await lookUp(name, server.url, ips, { concurrency: 1, budget: 1000 })
    expect(error?.code).toBe('ERR_GEO_KEY')
    expect(found.size).toBe(name === 'freegeoip' ? 2 : 100)
    for (const [ip, place] of found) expect(place?.city).toBe(worldOf(ip).city)
  })
})

/** Not JSON, not in time, not complete, not for this address: never a place. */
const GARBLED: Record<string, (name: Online) => Handler> = {
  timeout: () => () => undefined,
  'not JSON': () => (_asked, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('<html><body>Sign in</body></html>')
  },
  'not JSON (it says HTML)': (name) => (asked, response) => {
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end(JSON.stringify(askedFor(asked).map((ip) => answerOf(name, ip))))
  },
  'not JSON (cut short)': (name) => (asked, response) => {
    const text = JSON.stringify(askedFor(asked).map((ip) => answerOf(name, ip)))
    response.writeHead(200, { 'content-type': 'application/json' }).end(text.slice(0, text.length / 2))
  },
  'connection cut': () => (_asked, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' })
    response.write('{"ip":')
    setImmediate(() => response.destroy())
  },
  'connection cut (at once)': () => (_asked, response) => void response.destroy(),
  'answer too long': () => (_asked, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(`"${'x'.repeat(5_000_000)}"`)
  },
  'answer for another address': (name) => (asked, response) => {
    const answers = askedFor(asked).map(() => answerOf(name, '11.9.9.9'))
    json(response, answers.length === 1 ? answers[0] : answers)
  },
  'answer in another shape': () => (_asked, response) => json(response, { hello: 'world' }),
  'answer in another shape (null)': () => (_asked, response) => json(response, null),
  'answer in another shape (number)': () => (_asked, response) => json(response, 7),
  'status 500': () => status(500),
  'status 503': () => (_asked, response) =>
    void response.writeHead(503, { 'content-type': 'text/html' }).end('<h1>no</h1>'),
}

describe('an answer that does not count is counted, tried again and never stored', () => {
  const rows = ONLINE.flatMap((name) => Object.keys(GARBLED).map((what) => [name, what] as const))
  it.each(rows)('%s: %s', async (name, what) => {
    const server = await serve(GARBLED[what]!(name))
    const timeouts = { connectMs: 200, headersMs: 60, bodyMs: 60, totalMs: 60 }
    const { found, error, failures, sent, waits } = await lookUp(name, server.url, ['11.0.0.1', '11.0.0.2'], {
      concurrency: 1,
      ...(what === 'timeout' ? { timeouts } : {}),
    })
    expect([...found]).toEqual([])
    expect(error).toBe(null)
    expect(failures).toEqual({ [what.replace(/ \(.*/, '')]: 2 })
    expect(sent).toBe(8)
    // Half to all of 500, 1000 and 2000 ms.
    for (const [i, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(250 * 2 ** (i % 3))
      expect(wait).toBeLessThanOrEqual(500 * 2 ** (i % 3))
    }
  })

  it.each(rows)('%s: %s, once: the next try counts', async (name, what) => {
    const garbled = GARBLED[what]!(name)
    const server = await serve((asked, response, count) =>
      count === 1 ? garbled(asked, response, count) : worldHandler(name)(asked, response),
    )
    const timeouts = { connectMs: 1000, headersMs: 300, bodyMs: 300, totalMs: 300 }
    const { found, failures, error } = await lookUp(name, server.url, ['11.0.0.1', '11.0.0.2'], {
      concurrency: 1,
      timeouts,
    })
    expect(error).toBe(null)
    expect(failures).toEqual({})
    expect([...found].map(([ip, place]) => [ip, place?.city])).toEqual(
      ['11.0.0.1', '11.0.0.2'].map((ip) => [ip, worldOf(ip).city]),
    )
  })

  it.each(ONLINE)('%s: no server there', async (name) => {
    const { error, found } = await lookUp(name, 'http://127.0.0.1:1', IPS.concat('11.0.0.4', '11.0.0.5'), {
      concurrency: 1,
    })
    expect(found.size).toBe(0)
    if (name === 'freegeoip') expect(error?.toLine()).toMatch(/^ERR_GEO_PROVIDER: .*5 times in a row .*ECONNREFUSED/)
  })
})

describe('redirects are not followed', () => {
  it.each(ONLINE)('%s', async (name) => {
    const thief = await serve((_asked, response) => json(response, {}))
    const server = await serve((asked, response) => {
      response.writeHead(302, { location: `${thief.url}${asked.url}` }).end()
    })
    const { found, failures } = await lookUp(name, server.url, ['11.0.0.1'])
    expect(found.size).toBe(0)
    expect(failures).toEqual({ redirect: 1 })
    expect(thief.asked).toEqual([])
  })
})

describe('waiting', () => {
  it.each(ONLINE)('%s: as long as the server says', async (name) => {
    const server = await serve((asked, response, count) => {
      if (count > 1) return worldHandler(name)(asked, response)
      response.writeHead(429, { 'retry-after': '7' }).end()
    })
    const { found, waits } = await lookUp(name, server.url, ['11.0.0.1'])
    expect(waits).toEqual([7000])
    expect(found.size).toBe(1)
  })
  it.each(ONLINE)('%s: not for an hour', async (name) => {
    const server = await serve((_asked, response) => void response.writeHead(429, { 'retry-after': '3600' }).end())
    const { error, waits } = await lookUp(name, server.url, ['11.0.0.1'])
    expect(waits).toEqual([])
    expect(error?.code).toBe('ERR_GEO_QUOTA')
  })
  it('a fatal answer ends the waits of the others', async () => {
    const server = await serve((asked, response) =>
      askedFor(asked)[0] === '11.0.0.1' ? status(500)(asked, response, 0) : status(401)(asked, response, 0),
    )
    const pause = (_ms: number, signal: AbortSignal): Promise<void> =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
    const { error } = await lookUp('freegeoip', server.url, ['11.0.0.1', '11.0.0.2'], { pause })
    expect(error?.code).toBe('ERR_GEO_KEY')
  })
})

describe('the budget', () => {
  const ips = Array.from({ length: 120 }, (_, i) => `11.0.0.${i}`)
  it.each(ONLINE.flatMap((name) => [1, 7, 50, 119].map((budget) => [name, budget] as const)))(
    '%s: %i',
    async (name, budget) => {
      const server = await serve(worldHandler(name))
      const { found, error, sent } = await lookUp(name, server.url, ips, { budget })
      expect(found.size).toBe(budget)
      expect(sent).toBe(budget)
      expect(server.asked.flatMap(askedFor)).toHaveLength(budget)
      expect(error?.toLine()).toMatch(new RegExp(`^ERR_GEO_BUDGET: .*${120 - budget} are not looked up`))
    },
  )
  it.each(ONLINE)('%s: exactly enough', async (name) => {
    const server = await serve(worldHandler(name))
    const { found, error } = await lookUp(name, server.url, ips, { budget: 120 })
    expect([found.size, error]).toEqual([120, null])
  })
  it('repetitions count', async () => {
    const server = await serve(status(500))
    const { sent, error } = await lookUp('freegeoip', server.url, ips, { budget: 6, concurrency: 1 })
    expect([sent, error?.code]).toEqual([6, 'ERR_GEO_BUDGET'])
  })
})

describe('several at once', () => {
  const three = ['11.0.0.1', '11.0.0.2', '11.0.0.3']
  const cities = (found: Map<string, unknown>): unknown => [...found.keys()]
  /** One by one where the server refuses several. */
  const single = (name: Online, refusal: Handler): Handler => {
    return (asked, response, count) =>
      askedFor(asked).length > 1 ? refusal(asked, response, count) : worldHandler(name)(asked, response)
  }
  it.each<[Online, string, Handler, Setup?]>([
    ['ipstack', '303', ipstackError(303)],
    ['ipstack', '302', ipstackError(302)],
    ['ipgeolocation', '401', status(401)],
    ['ipgeolocation', '403', status(403)],
    ['ipgeolocation', '423', status(423)],
  ])('%s: %s for several falls back to one by one', async (name, _what, refusal) => {
    const server = await serve(single(name, refusal))
    const { found, error } = await lookUp(name, server.url, three)
    expect([error, cities(found)]).toEqual([null, three])
    expect(server.asked).toHaveLength(4)
  })
  it('ipgeolocation: by index, a mere message is a failure of that address', async () => {
    const server = await serve((asked, response) =>
      json(
        response,
        askedFor(asked).map((ip, i) => (i === 1 ? { message: `${ip} is not valid` } : answerOf('ipgeolocation', ip))),
      ),
    )
    const { found, failures } = await lookUp('ipgeolocation', server.url, three)
    expect(cities(found)).toEqual(['11.0.0.1', '11.0.0.3'])
    expect(failures).toEqual({ 'refused by the server': 1 })
    expect(server.asked[0]).toMatchObject({ method: 'POST', body: JSON.stringify({ ips: three }) })
    expect(server.asked[0]?.url).toBe(`/v3/ipgeo-bulk?apiKey=${KEY}`)
  })
  it('ipgeolocation: one answer too few, and none counts', async () => {
    const server = await serve((asked, response) =>
      json(
        response,
        askedFor(asked)
          .slice(1)
          .map((ip) => answerOf('ipgeolocation', ip)),
      ),
    )
    const { found, failures } = await lookUp('ipgeolocation', server.url, three)
    expect([found.size, failures]).toEqual([0, { 'answer in another shape': 3 }])
  })
  it('ipgeolocation: swapped answers do not count', async () => {
    const server = await serve((asked, response) =>
      json(
        response,
        askedFor(asked)
          .reverse()
          .map((ip) => answerOf('ipgeolocation', ip)),
      ),
    )
    const { found, failures } = await lookUp('ipgeolocation', server.url, three)
    expect([cities(found), failures]).toEqual([['11.0.0.2'], { 'answer for another address': 2 }])
  })
  it('ipgeolocation: 423 for one is that address’s alone', async () => {
    const server = await serve((asked, response) =>
      askedFor(asked).includes('11.0.0.2') ? json(response, {}, 423) : worldHandler('ipgeolocation')(asked, response),
    )
    const { found, failures } = await lookUp('ipgeolocation', server.url, three)
    expect(cities(found)).toEqual(['11.0.0.1', '11.0.0.3'])
    expect(Object.values(failures)).toEqual([1])
  })
  it('ipstack: in any order, matched by address', async () => {
    const server = await serve((asked, response) =>
      json(
        response,
        askedFor(asked)
          .reverse()
          .map((ip) => answerOf('ipstack', ip)),
      ),
    )
    const { found } = await lookUp('ipstack', server.url, three)
    expect([...found].map(([ip, place]) => [ip, place?.city])).toEqual(three.map((ip) => [ip, worldOf(ip).city]))
    expect(server.asked.map(({ url }) => decodeURIComponent(url))).toEqual([`/${three.join(',')}?access_key=${KEY}`])
  })
})

describe('several that are refused as such', () => {
  const many = Array.from({ length: 120 }, (_, i) => `11.0.0.${i}`)
  it('do not use the budget up, and are not tried again', async () => {
    const server = await serve((asked, response, count) =>
      askedFor(asked).length > 1 ? ipstackError(303)(asked, response, count) : worldHandler('ipstack')(asked, response),
    )
    const { found, sent } = await lookUp('ipstack', server.url, many, { budget: 60, concurrency: 1 })
    expect([found.size, sent]).toEqual([60, 60])
    expect(server.asked).toHaveLength(61)
  })
  it('for the sake of one address: the next ones go together again', async () => {
    const server = await serve((asked, response, count) => {
      const ips = askedFor(asked)
      if (!ips.includes('11.0.0.7')) worldHandler('ipstack')(asked, response)
      else ipstackError(106)(asked, response, count)
    })
    const { found, failures } = await lookUp('ipstack', server.url, many, { budget: 1000, concurrency: 1 })
    expect([found.size, failures]).toEqual([119, { 'refused by the server': 1 }])
    expect(server.asked).toHaveLength(1 + 50 + 2)
  })
})

describe('a consumer that stops', () => {
  it.each(ONLINE)('%s: is not held up by a silent server', async (name) => {
    const server = await serve(() => undefined)
    const provider = await geoProviders.get(name).open({
      online: { baseUrl: server.url, environment: environmentFor(name), configFolder: '/nonexistent' },
    })
    const startMs = performance.now()
    for await (const batch of provider.locateMany(lists(...IPS))) {
      expect(batch.placeIndex).toHaveLength(0)
      break
    }
    expect(performance.now() - startMs).toBeLessThan(5000)
    expect(server.asked.length).toBeGreaterThan(0)
  })
  it('nor by a wait', async () => {
    const server = await serve(status(500))
    const online = { baseUrl: server.url, environment: {}, configFolder: '/nonexistent' }
    const provider = await geoProviders.get('freegeoip').open({ online })
    for await (const _batch of provider.locateMany(lists('11.0.0.1'))) break
    expect(server.asked.length).toBeLessThan(4)
  })
})

describe('shapes', () => {
  const place = (ip: string) => {
    const { latitude, longitude, city } = worldOf(ip)
    return {
      latitude,
      longitude,
      city,
      countryCode: 'DE',
      country: 'Germany',
      region: 'Land Berlin',
      postalCode: '10117',
      timeZone: 'Europe/Berlin',
    }
  }
  const holder = { asn: 3320, asOrganization: 'An Operator', continentCode: 'EU', geonameId: 2950159 }
  it.each(['11.0.0.1', '2600::abcd'])('all that each says of %s', async (ip) => {
    const found = async (name: Online, handler: Handler = worldHandler(name)) =>
      (await lookUp(name, (await serve(handler)).url, [ip])).found.get(ip)
    expect(await found('ipstack')).toEqual({ ...place(ip), ...holder })
    expect(await found('ipgeolocation')).toEqual({ ...place(ip), ...holder })
    expect(
      await found('ipgeolocation', (asked, response) => json(response, ipgeolocationFlatOf(askedFor(asked)[0]!))),
    ).toEqual({
      ...place(ip),
      ...holder,
    })
    expect(await found('freegeoip')).toEqual(place(ip))
  })

  it.each<[string, Record<string, unknown>, unknown]>([
    [
      '0, 0 is unknown',
      {
        latitude: 0,
        longitude: 0,
        city: '',
        country_code: '',
        country_name: '',
        region_name: '',
        zip_code: '',
        time_zone: '',
      },
      null,
    ],
    [
      'only a country',
      { latitude: 51.2, longitude: 10.4, city: '', region_name: '' },
      { state: 'approximate', countryCode: 'DE' },
    ],
    ['latitude 91', { latitude: 91 }, { city: expect.any(String) }],
    ['longitude that is text', { longitude: 'east' }, { city: expect.any(String) }],
    ['no finite number', { latitude: '1e999' }, { city: expect.any(String) }],
    ['control characters', { city: 'a\u001b[2Jb' }, { countryCode: 'DE' }],
    ['a city of a megabyte', { city: 'x'.repeat(100_000) }, { countryCode: 'DE' }],
    ['a city that is an object', { city: { name: 'x' } }, { countryCode: 'DE' }],
    ['the key as a city', { city: `at ${KEY}` }, { countryCode: 'DE' }],
  ])('%s', async (_what, change, wanted) => {
    const server = await serve((asked, response) =>
      json(response, { ...answerOf('freegeoip', askedFor(asked)[0]!), ...change }),
    )
    const { found } = await lookUp('freegeoip', server.url, ['11.0.0.1'])
    const answer = found.get('11.0.0.1')
    if (wanted === null) expect(answer).toBe(null)
    else expect(answer).toMatchObject(wanted as object)
    expect(JSON.stringify(answer)).not.toMatch(/S3cret|\\u001b|xxx/)
    if (answer?.latitude !== undefined) expect(Math.abs(answer.latitude)).toBeLessThanOrEqual(90)
    else expect(answer?.longitude).toBe(undefined)
  })

  it('an anycast address stays one whatever a server says', async () => {
    const server = await serve(worldHandler('freegeoip'))
    const { found } = await lookUp('freegeoip', server.url, ['8.8.8.8'])
    expect(found.get('8.8.8.8')?.state).toBe('anycast')
  })
  it('an overlay that knows only the holder is asked about all the same', async () => {
    const server = await serve(worldHandler('ipstack'))
    const { found } = await lookUp('ipstack', server.url, ['11.0.0.1'], { overlay: { '11.0.0.0/8': { asn: 64500 } } })
    expect(found.get('11.0.0.1')).toEqual({ ...place('11.0.0.1'), continentCode: 'EU', geonameId: 2950159, asn: 64500 })
  })
})

describe('what is sent', () => {
  it.each(ONLINE)('%s: who asks, and the key nowhere but where it belongs', async (name) => {
    const server = await serve(worldHandler(name))
    await lookUp(name, server.url, ['11.0.0.1'])
    const [asked] = server.asked as [Asked]
    expect(asked.headers['user-agent']).toMatch(/^interplot\/\d/)
    expect(JSON.stringify(asked.headers)).not.toContain(KEY)
  })
  it.each(ONLINE)('%s: a path in the base URL stays', async (name) => {
    const server = await serve(worldHandler(name))
    const { found } = await lookUp(name, `${server.url}/deep/er`, ['11.0.0.1'])
    expect(server.asked[0]?.url).toMatch(/^\/deep\/er\//)
    expect(found.size).toBe(1)
  })
  it('at most four at once', async () => {
    let now = 0
    let most = 0
    const server = await serve((asked, response: ServerResponse) => {
      now += 1
      most = Math.max(most, now)
      setImmediate(() => {
        now -= 1
        worldHandler('freegeoip')(asked, response)
      })
    })
    const ips = Array.from({ length: 100 }, (_, i) => `11.0.0.${i}`)
    const { order } = await lookUp('freegeoip', server.url, ips)
    expect(order).toEqual(ips)
    expect(most).toBeGreaterThan(1)
    expect(most).toBeLessThanOrEqual(4)
  })
  it.each(ONLINE)('%s: a base URL with a key in it is refused without repeating it', async (name) => {
    for (const url of [`http://127.0.0.1/?access_key=${KEY}`, `http://${KEY}@127.0.0.1/`, `ftp://${KEY}/`, KEY]) {
      const error: unknown = await lookUp(name, url, ['11.0.0.1']).catch((cause: unknown) => cause)
      expect(error).toBeInstanceOf(InterplotError)
      expect((error as InterplotError).code).toBe('ERR_USAGE')
      expect((error as InterplotError).toLine()).not.toContain(KEY)
    }
  })
})
