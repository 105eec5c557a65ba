/** The routers of the simulated world: made when a path first needs them, each with an address and a place of its own. */

import type { Point } from '../core/great-circle.ts'
import { formatIpv4, type Ipv4, ipv4 } from '../core/ip.ts'
import type { RandomStream } from '../core/random.ts'
import { type Hub, nearestHub, shortestWays } from './backbone.ts'
import type { City } from './cities.ts'
import { fibreDelayMs } from './fibre-delay.ts'
import type { ScenarioInput } from './scenario.ts'

type Path = NonNullable<ScenarioInput['networks'][number]['path']>
type RouterInput = NonNullable<ScenarioInput['routers']>[number]

export interface Operator {
  asn: number
  name: string
}

export interface WorldRouters {
  /** The path from the vantage point to a city's network of this operator. */
  pathTo(city: City, operator: Operator): Path
  all(): RouterInput[]
}

/** Hubs with two core routers, between which flows are balanced; and one that balances packet by packet. */
const FLOW_BALANCED: ReadonlySet<string> = new Set(['fra', 'lon', 'nyc', 'iad', 'sjc', 'sin', 'tyo', 'hkg'])
const PACKET_BALANCED = 'mil'
const SILENT_SHARE = 0.05
const LIMITED_SHARE = 0.3
const ICMP_RATES_PPS = [100, 500, 1000] as const
const JITTER_MS = 0.4
const LOCAL_LINE_MS = 0.2

/** Autonomous system numbers for documentation (RFC 5398): sixteen carriers. */
const FIRST_CARRIER_ASN = 64496
const CARRIERS = 16

/** Whose customer the vantage point is. */
const PROVIDER: Operator = { asn: 65536, name: 'Simulated Access Provider' }

const regionNames = new Intl.DisplayNames(['en'], { type: 'region' })
export const countryName = (code: string): string => regionNames.of(code) ?? code

/** `São Paulo` → `sao-paulo` */
const slug = (text: string): string =>
  text
    .normalize('NFKD')
    .replaceAll(/[^\p{L}\p{N} -]/gu, '')
    .trim()
    .toLowerCase()
    .replaceAll(/ +/g, '-')

const placeAt = (point: Point, city: string, countryCode: string): RouterInput['place'] => ({
  latitude: point.latitude,
  longitude: point.longitude,
  city,
  country: countryName(countryCode),
  countryCode,
  accuracyKm: 5,
})

interface RouterDraft {
  name: string
  at: { point: Point; city: string; countryCode: string }
  owner: Operator
  delayMs: number
}

/** @param firstAddress routers get the addresses from here on. */
export const makeWorldRouters = (home: Hub, firstAddress: Ipv4, random: RandomStream): WorldRouters => {
  const routers = new Map<string, RouterInput>()
  const cityNames = new Map<City, string>()
  const ways = shortestWays(home)

  const ensure = (draft: RouterDraft): string => {
    if (routers.has(draft.name)) return draft.name
    // The first hops of every trace always answer.
    const isOwn = draft.owner === PROVIDER
    const limited = random.nextFloat() < LIMITED_SHARE && !isOwn
    const rate = ICMP_RATES_PPS[random.nextBelow(ICMP_RATES_PPS.length)] ?? ICMP_RATES_PPS[0]
    routers.set(draft.name, {
      name: draft.name,
      address: formatIpv4(ipv4(firstAddress + routers.size)),
      place: placeAt(draft.at.point, draft.at.city, draft.at.countryCode),
      asn: draft.owner.asn,
      asOrganization: draft.owner.name,
      silent: random.nextFloat() < SILENT_SHARE && !isOwn,
      delayMs: Math.round((LOCAL_LINE_MS + draft.delayMs) * 100) / 100,
      jitterMs: JITTER_MS,
      ...(limited ? { icmpRatePps: rate } : {}),
    })
    return draft.name
  }

  const carrierOf = (hub: Hub): Operator => {
    const index = (hub.code.charCodeAt(0) * 7 + hub.code.charCodeAt(1)) % CARRIERS
    return { asn: FIRST_CARRIER_ASN + index, name: `Simulated Carrier ${index + 1}` }
  }

  const hubRouter = (hub: Hub, role: string, delayMs: number): string => {
    const at = { point: hub, city: hub.city, countryCode: hub.countryCode }
    return ensure({ name: `${role}.${hub.code}.example`, at, owner: carrierOf(hub), delayMs })
  }

  const hubStep = (hub: Hub, delayMs: number): Path[number] => {
    const balanced = FLOW_BALANCED.has(hub.code) || hub.code === PACKET_BALANCED
    if (!balanced) return hubRouter(hub, 'core1', delayMs)
    const branches = ['core1', 'core2'].map((role) => [hubRouter(hub, role, delayMs)])
    return { balance: hub.code === PACKET_BALANCED ? 'packet' : 'flow', branches }
  }

  const hubSteps = (way: readonly Hub[]): Path =>
    way.map((hub, index) => hubStep(hub, index === 0 ? 0 : fibreDelayMs(way[index - 1]!, hub)))

  /** Cities of one country may share a name. */
  const cityName = (city: City): string => {
    const known = cityNames.get(city)
    if (known !== undefined) return known
    const name = `${slug(city.name)}-${city.countryCode.toLowerCase()}-${cityNames.size}`
    cityNames.set(city, name)
    return name
  }

  return {
    pathTo(city, operator) {
      const hub = nearestHub(city)
      const atHub = { point: hub, city: hub.city, countryCode: hub.countryCode }
      const atHome = { point: home, city: home.city, countryCode: home.countryCode }
      const atCity = { point: city, city: city.name, countryCode: city.countryCode }
      return [
        ensure({ name: 'gateway.example', at: atHome, owner: PROVIDER, delayMs: 0 }),
        ensure({ name: `access.${home.code}.example`, at: atHome, owner: PROVIDER, delayMs: 2 }),
        ...hubSteps(ways.get(hub.code) ?? [home]),
        hubRouter(hub, 'edge1', 0),
        ensure({ name: `border.as${operator.asn}.${hub.code}.example`, at: atHub, owner: operator, delayMs: 0 }),
        ensure({
          name: `${cityName(city)}.as${operator.asn}.example`,
          at: atCity,
          owner: operator,
          delayMs: fibreDelayMs(hub, city),
        }),
      ]
    },
    all: () => [...routers.values()],
  }
}
