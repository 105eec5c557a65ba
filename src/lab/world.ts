/**
 * A plausible whole Internet as a scenario, made from a city list: networks where people with Internet access live, a backbone
 * along real cable routes, delays as light in fibre needs. All addresses are in 240.0.0.0/4, which is reserved (RFC 1112
 * section 4), and the autonomous systems in ranges for documentation and private use (RFC 5398, RFC 6996), so that nothing
 * in it can be mistaken for someone's real network.
 */

import { InterplotError } from '../core/errors.ts'
import { ipv4 } from '../core/ip.ts'
import { type RandomStream, randomStream } from '../core/random.ts'
import { HUBS, type Hub } from './backbone.ts'
import type { City } from './cities.ts'
import { formatPrefix } from './prefix.ts'
import { parseScenario, type Scenario, type ScenarioInput } from './scenario.ts'
import { type Allotment, allotBlocks } from './world-allotment.ts'
import { countryName, makeWorldRouters, type Operator } from './world-routers.ts'

export interface WorldOptions {
  cities: readonly City[]
  /** At least this many hosts; 60,000 when absent. */
  hosts?: number
  seed: string
}

type NetworkInput = ScenarioInput['networks'][number]

const DEFAULT_HOSTS = 60_000
const FIRST_NETWORK = ipv4(240 * 2 ** 24)
const FIRST_ROUTER = ipv4(250 * 2 ** 24)
const VANTAGE_ADDRESS = '251.0.0.1'
const VANTAGE_HUB = 'fra'
const BLOCK_ADDRESSES = 256
const MAX_BLOCKS = (FIRST_ROUTER - FIRST_NETWORK) / BLOCK_ADDRESSES

const MIN_DENSITY = 0.05
const MAX_DENSITY = 0.6
/** Most networks are thinly settled: densities follow the cube of a uniform number. */
const DENSITY_EXPONENT = 3
const MEAN_DENSITY = MIN_DENSITY + (MAX_DENSITY - MIN_DENSITY) / (DENSITY_EXPONENT + 1)
/** The hash decides who is a host: this much more is expected than asked for, far beyond its scatter. */
const MARGIN = 1.03

const UNREACHABLE_SHARE = 0.08
const RETURN_EXTRA_SHARE = 0.1
const FIRST_PRIVATE_ASN = 4_200_000_000
const NETWORKS_PER_OPERATOR = 12
const MAX_OPERATORS = 6
const KM_PER_DEGREE = 111

type Ports = Pick<NetworkInput, 'tcp' | 'udp'>
const PORT_PROFILES: readonly Ports[] = [
  { tcp: { 80: 'open', 443: 'open', 22: 'open', '*': 'closed' }, udp: { 53: 'open', '*': 'closed' } },
  { tcp: { 443: 'open', '*': 'filtered' }, udp: { '*': 'filtered' } },
  { tcp: { 80: 'open', '*': 'closed' }, udp: { 123: 'open', '*': 'closed' } },
  { tcp: { 21: 'open', 23: 'open', 80: 'open', '*': 'closed' }, udp: { 161: 'open', '*': 'filtered' } },
  { tcp: { '*': 'closed' }, udp: { '*': 'closed' } },
  { tcp: { 22: 'prohibited', '*': 'filtered' }, udp: { '*': 'prohibited' } },
]

const round = (value: number, digits: number): number => Number(value.toFixed(digits))

/** Networks beyond a city's first lie in its suburbs, farther out in larger cities. */
const placeOf = ({ city, ordinal }: Allotment, random: RandomStream): NetworkInput['place'] => {
  const radiusKm =
    ordinal === 0 ? 0 : Math.min(25, 3 + Math.sqrt(city.population) / 150) * Math.sqrt(random.nextFloat())
  const bearing = random.nextFloat() * 2 * Math.PI
  const northKm = Math.cos(bearing) * radiusKm
  const eastKm = (Math.sin(bearing) * radiusKm) / Math.max(0.1, Math.cos((city.latitude * Math.PI) / 180))
  return {
    latitude: round(Math.max(-90, Math.min(90, city.latitude + northKm / KM_PER_DEGREE)), 4),
    longitude: round(Math.max(-180, Math.min(180, city.longitude + eastKm / KM_PER_DEGREE)), 4),
    city: city.name,
    country: countryName(city.countryCode),
    countryCode: city.countryCode,
    accuracyKm: 20,
  }
}

/** The operators of each country: the more networks, the more operators. */
const makeOperators = (allotments: readonly Allotment[]): ReadonlyMap<string, readonly Operator[]> => {
  const networks = new Map<string, number>()
  for (const { city } of allotments) networks.set(city.countryCode, (networks.get(city.countryCode) ?? 0) + 1)
  let asn = FIRST_PRIVATE_ASN
  const operatorsOf = (code: string, count: number): Operator[] =>
    Array.from({ length: Math.min(MAX_OPERATORS, Math.ceil(count / NETWORKS_PER_OPERATOR)) }, (_, index) => {
      asn += 1
      return { asn, name: `Simulated Net ${index + 1} ${countryName(code)}` }
    })
  return new Map([...networks].map(([code, count]) => [code, operatorsOf(code, count)]))
}

/** Densities between the bounds whose sum over all addresses is `hosts` or more. */
const drawDensities = (allotments: readonly Allotment[], hosts: number, random: RandomStream): number[] => {
  const drawn = allotments.map(() => MIN_DENSITY + (MAX_DENSITY - MIN_DENSITY) * random.nextFloat() ** DENSITY_EXPONENT)
  const hostsAt = (factor: number): number =>
    allotments.reduce((sum, { blocks }, index) => {
      return sum + blocks * BLOCK_ADDRESSES * Math.min(MAX_DENSITY, drawn[index]! * factor)
    }, 0)
  let factor = 1
  while (hostsAt(factor) < hosts && factor < MAX_DENSITY / MIN_DENSITY) factor *= 1.02
  return drawn.map((density) => round(Math.min(MAX_DENSITY, density * factor), 4))
}

const homeHub = (): Hub => {
  const hub = HUBS.find((each) => each.code === VANTAGE_HUB)
  if (hub === undefined) throw new InterplotError('ERR_INTERNAL', `no hub "${VANTAGE_HUB}"`)
  return hub
}

/**
 * The scenario; equal options give equal scenarios.
 * @throws InterplotError ERR_USAGE for a number of hosts that does not fit or an empty city list.
 */
export const worldScenario = (options: WorldOptions): Scenario => {
  const hosts = options.hosts ?? DEFAULT_HOSTS
  const blocks = Math.ceil((hosts * MARGIN) / MEAN_DENSITY / BLOCK_ADDRESSES)
  if (!Number.isInteger(hosts) || hosts < 1 || blocks > MAX_BLOCKS || options.cities.length === 0) {
    const most = Math.floor((MAX_BLOCKS * BLOCK_ADDRESSES * MEAN_DENSITY) / MARGIN)
    throw new InterplotError('ERR_USAGE', `a simulated world of ${hosts} hosts in ${options.cities.length} cities`, {
      advice: `Ask for 1 to ${most} hosts.`,
    })
  }
  const random = randomStream(options.seed, 'lab world')
  const allotments = allotBlocks(options.cities, blocks, random)
  // Largest first: each prefix then begins at a multiple of its size, and the whole has no gap.
  allotments.sort((a, b) => b.blocks - a.blocks)
  const densities = drawDensities(allotments, hosts * MARGIN, random)
  const operators = makeOperators(allotments)
  const home = homeHub()
  const routers = makeWorldRouters(home, FIRST_ROUTER, random)

  let address: number = FIRST_NETWORK
  const networks = allotments.map((allotment, index): NetworkInput => {
    const { city, blocks: size, ordinal } = allotment
    const candidates = operators.get(city.countryCode) ?? []
    const operator = candidates[random.nextBelow(candidates.length)] ?? {
      asn: FIRST_PRIVATE_ASN,
      name: 'Simulated Net',
    }
    const prefix = formatPrefix(address, 24 - Math.log2(size))
    address += size * BLOCK_ADDRESSES
    return {
      prefix,
      name: ordinal === 0 ? city.name : `${city.name} ${ordinal + 1}`,
      place: placeOf(allotment, random),
      asn: operator.asn,
      asOrganization: operator.name,
      density: densities[index]!,
      ...(PORT_PROFILES[random.nextBelow(PORT_PROFILES.length)] ?? {}),
      absent: random.nextFloat() < UNREACHABLE_SHARE ? 'unreachable' : 'silent',
      path: routers.pathTo(city, operator),
      returnExtraMs: random.nextFloat() < RETURN_EXTRA_SHARE ? round(random.nextFloat() * 40, 1) : 0,
      delayMs: round(1 + random.nextFloat() * 8, 1),
      jitterMs: 2,
    }
  })
  return parseScenario(
    {
      name: 'world',
      description: `A simulated Internet of about ${hosts} hosts in ${new Set(allotments.map(({ city }) => city)).size} cities.`,
      seed: options.seed,
      vantage: { address: VANTAGE_ADDRESS, place: vantagePlace(home) },
      routers: routers.all(),
      networks,
    } satisfies ScenarioInput,
    'the simulated world',
  )
}

const vantagePlace = (home: Hub): ScenarioInput['vantage']['place'] => ({
  latitude: home.latitude,
  longitude: home.longitude,
  city: home.city,
  country: countryName(home.countryCode),
  countryCode: home.countryCode,
})
