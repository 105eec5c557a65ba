import { fileURLToPath } from 'node:url'
import { Reader, type Response } from 'maxmind'
import { describe, expect, it } from 'vitest'
import { distanceKm } from '../../src/core/great-circle.ts'
import { formatIpv4, ipv4, parseIpv4 } from '../../src/core/ip.ts'
import { HUBS, nearestHub, shortestWays } from '../../src/lab/backbone.ts'
import { parseCities, readCities } from '../../src/lab/cities.ts'
import { fibreDelayMs } from '../../src/lab/fibre-delay.ts'
import { makeInternet } from '../../src/lab/internet.ts'
import { parsePrefix, prefixSize } from '../../src/lab/prefix.ts'
import { parseScenario } from '../../src/lab/scenario.ts'
import { scenarioDatabase } from '../../src/lab/scenario-database.ts'
import { worldScenario } from '../../src/lab/world.ts'
import { echoProbe } from '../link/probes.ts'
import { inject, START_US } from './drive.ts'

const CITIES = readCities(fileURLToPath(new URL('../../data/cities.csv', import.meta.url)))
const WORLD = worldScenario({ cities: CITIES, seed: 'world test' })
const INTERNET = makeInternet(WORLD)
const VANTAGE = parseIpv4(WORLD.vantage.address)!

const isReserved = (address: string): boolean => (parseIpv4(address) ?? 0) >>> 28 === 15
const isPrivateAsn = (asn = 0): boolean =>
  (asn >= 64_496 && asn <= 64_511) || (asn >= 65_536 && asn <= 65_551) || asn >= 4_200_000_000

describe('the simulated world', () => {
  it.each([1000, 60_000, 200_000])(
    'has at least the %i hosts asked for, on at most 400,000 addresses for each 60,000',
    (hosts) => {
      const scenario = worldScenario({ cities: CITIES, hosts, seed: 'count' })
      const addresses = scenario.networks.reduce((sum, { prefix }) => sum + prefixSize(parsePrefix(prefix)), 0)
      const count = makeInternet(scenario).hostCount()
      expect(count).toBeGreaterThanOrEqual(hosts)
      expect(count).toBeLessThan(hosts * 1.3)
      expect(addresses).toBeLessThanOrEqual((hosts * 400_000) / 60_000)
    },
  )

  it('lies wholly in reserved space, without overlap, in networks of /20 to /24', () => {
    const ranges = WORLD.networks.map(({ prefix }) => parsePrefix(prefix)).sort((a, b) => a.first - b.first)
    for (const [index, range] of ranges.entries()) {
      expect(range.bits).toBeGreaterThanOrEqual(20)
      expect(range.bits).toBeLessThanOrEqual(24)
      expect(range.first).toBe(index === 0 ? parseIpv4('240.0.0.0') : ranges[index - 1]!.last + 1)
    }
    expect(WORLD.routers.every(({ address }) => isReserved(address))).toBe(true)
    expect(isReserved(WORLD.vantage.address)).toBe(true)
    expect(new Set(WORLD.routers.map(({ address }) => address)).size).toBe(WORLD.routers.length)
  })

  it('uses only autonomous systems for documentation and private use', () => {
    expect([...WORLD.networks, ...WORLD.routers].every(({ asn }) => isPrivateAsn(asn))).toBe(true)
  })

  it('has densities between 5 and 60 percent, and paths of 6 to 14 routers with places', () => {
    for (const { density, path } of WORLD.networks) {
      expect(density).toBeGreaterThanOrEqual(0.05)
      expect(density).toBeLessThanOrEqual(0.6)
      expect(path.length).toBeGreaterThanOrEqual(6)
      expect(path.length).toBeLessThanOrEqual(14)
    }
    expect(WORLD.routers.every(({ place }) => place !== undefined)).toBe(true)
  })

  it('is bright where the Internet is, and everywhere else not dark', () => {
    const hosts = new Map<string, number>()
    for (const { place, density, prefix } of WORLD.networks) {
      const code = place?.countryCode ?? ''
      hosts.set(code, (hosts.get(code) ?? 0) + density * prefixSize(parsePrefix(prefix)))
    }
    const of = (...codes: string[]): number => codes.reduce((sum, code) => sum + (hosts.get(code) ?? 0), 0)
    expect(of('US')).toBeGreaterThan(of('CN'))
    expect(of('DE', 'GB', 'FR', 'NL', 'ES', 'IT', 'PL')).toBeGreaterThan(4000)
    expect(of('JP', 'KR')).toBeGreaterThan(2500)
    expect(of('IN')).toBeGreaterThan(700)
    expect(of('BR')).toBeGreaterThan(700)
    expect(of('NG', 'CD', 'ET', 'SD')).toBeLessThan(1500)
    expect(hosts.size).toBeGreaterThan(70)
    expect(new Set(WORLD.networks.map(({ place }) => place?.city)).size).toBeGreaterThan(700)
  })

  it('is the same for the same seed and another for another', () => {
    expect(worldScenario({ cities: CITIES, seed: 'world test' })).toEqual(WORLD)
    expect(worldScenario({ cities: CITIES, seed: 'other' })).not.toEqual(WORLD)
  })

  it('answers a trace hop by hop, from farther and farther away', () => {
    const network = WORLD.networks.find(({ place, absent }) => place?.countryCode === 'AU' && absent === 'silent')!
    const [target = ipv4(0)] = INTERNET.hosts(network.prefix)
    const hops = Array.from({ length: 20 }, (_, index) => {
      const probe = echoProbe({ source: VANTAGE, destination: target, ttl: index + 1 }, 1, 1)
      return inject(INTERNET, probe, START_US + index * 1e6)[0]
    })
    const reached = hops.findIndex((answer) => answer?.ip.source === target)
    expect(reached).toBeGreaterThanOrEqual(6)
    expect(reached).toBeLessThanOrEqual(14)
    expect(hops[0]!.afterUs).toBeLessThan(20_000)
    expect(hops[reached]!.afterUs).toBeGreaterThan(150_000)
    const routers = hops.slice(0, reached).flatMap((answer) => answer?.ip.source ?? [])
    expect(routers.length).toBeGreaterThanOrEqual(5)
    for (const source of routers) expect(INTERNET.describe(source).place.city).toBeDefined()
  })

  it.each([0, 1.5, 1e9])('refuses %d hosts', (hosts) => {
    expect(() => worldScenario({ cities: CITIES, hosts, seed: 'x' })).toThrow(/hosts in/)
  })

  it('refuses an empty city list', () => {
    expect(() => worldScenario({ cities: [], seed: 'x' })).toThrow(/0 cities/)
  })
})

interface GeoResponse {
  city?: { names: { en: string } }
  country?: { iso_code: string; names: { en: string } }
  location?: { latitude: number; longitude: number; accuracy_radius: number }
  autonomous_system_number?: number
  autonomous_system_organization?: string
  subdivisions?: { names: { en: string } }[]
}

describe('its geolocation database', () => {
  const reader = new Reader<GeoResponse & Response>(scenarioDatabase(WORLD))

  it('answers for every network as the scenario says, at both ends, and for nobody beside them', () => {
    for (const { prefix, place, asn, asOrganization } of WORLD.networks) {
      const range = parsePrefix(prefix)
      for (const address of [range.first, range.last]) {
        expect(reader.get(formatIpv4(address))).toEqual({
          autonomous_system_number: asn,
          autonomous_system_organization: asOrganization,
          city: { names: { en: place?.city } },
          country: { iso_code: place?.countryCode, names: { en: place?.country } },
          location: { latitude: place?.latitude, longitude: place?.longitude, accuracy_radius: place?.accuracyKm },
        })
      }
    }
    const last = parsePrefix(WORLD.networks.at(-1)!.prefix).last
    for (const outside of ['239.255.255.255', formatIpv4(last + 1), '10.0.0.1', '::1', '2001:db8::1']) {
      expect(reader.get(outside)).toBeNull()
    }
  })

  it('answers for every router and the vantage point', () => {
    for (const { address, place, asn } of WORLD.routers) {
      expect(reader.get(address)).toMatchObject({ autonomous_system_number: asn, city: { names: { en: place?.city } } })
    }
    expect(reader.get(WORLD.vantage.address)?.city?.names.en).toBe('Frankfurt am Main')
  })

  it('writes only what is known', () => {
    const networks = [
      { prefix: '240.0.0.0/24' },
      { prefix: '240.0.1.0/24', asn: 64_500 },
      { prefix: '240.0.2.0/24', place: { latitude: 0, longitude: 0, region: 'Somewhere' } },
    ]
    const scenario = parseScenario({ name: 'x', seed: 'x', vantage: { address: '251.0.0.1' }, networks }, 'x')
    const sparse = new Reader<GeoResponse & Response>(scenarioDatabase(scenario))
    expect(['240.0.0.1', '240.0.1.1', '240.0.2.1'].map((address) => sparse.get(address))).toEqual([
      null,
      { autonomous_system_number: 64_500 },
      { location: { latitude: 0, longitude: 0 }, subdivisions: [{ names: { en: 'Somewhere' } }] },
    ])
  })
})

describe('the backbone', () => {
  const ways = shortestWays(HUBS[0]!)

  it('reaches every hub over lines, each a real distance', () => {
    expect(ways.size).toBe(HUBS.length)
    for (const [code, way] of ways) {
      expect(way[0]?.code).toBe('fra')
      expect(way.at(-1)?.code).toBe(code)
      expect(new Set(way).size).toBe(way.length)
    }
  })

  it.each([
    ['nyc', /^fra-(ams|par)(-lon)?-nyc$/],
    ['bom', /jib-bom$|dxb-bom$/],
    ['gru', /for-gru$/],
    ['syd', /-syd$/],
  ])('goes to %s as cables run', (code, route) => {
    expect(
      ways
        .get(code)
        ?.map((hub) => hub.code)
        .join('-'),
    ).toMatch(route)
  })

  it('knows distances and delays', () => {
    const [frankfurt, newYork] = ['fra', 'nyc'].map((code) => HUBS.find((hub) => hub.code === code)!)
    expect(distanceKm(frankfurt!, newYork!)).toBeCloseTo(6200, -2)
    expect(fibreDelayMs(frankfurt!, newYork!)).toBeCloseTo(40.3, 0)
    expect(nearestHub({ latitude: 48.1, longitude: 11.6 }).code).toMatch(/fra|mil|vie/)
  })
})

describe('the city list', () => {
  const header = 'city,country_code,latitude,longitude,population'

  it('reads plain and quoted names', () => {
    const text = `${header}\r\n"Washington, D.C.",US,38.9,-77.04,689545\n"The ""Rock""",GI,36.1,-5.3,32688\nParis,FR,48.85,2.35,2138551\n`
    expect(parseCities(text, 'x').map(({ name }) => name)).toEqual(['Washington, D.C.', 'The "Rock"', 'Paris'])
    expect(CITIES.length).toBeGreaterThan(9000)
  })

  it.each([
    ['a missing header', 'Paris,FR,48.85,2.35,2138551', /x:1: not the header/],
    ['a missing field', `${header}\nParis,FR,48.85,2.35`, /x:2: not a city/],
    ['a latitude off the globe', `${header}\n\nParis,FR,98.85,2.35,1`, /x:3: not a city/],
    ['an empty number', `${header}\nParis,FR,,2.35,1`, /x:2: not a city/],
  ])('names the line with %s', (_name, text, message) => expect(() => parseCities(text, 'x')).toThrow(message))

  it('names the file that is not there', () => expect(() => readCities('/nowhere/cities.csv')).toThrow(/nowhere/))
})
