/** Opens an online provider against a local server and collects all that comes of it. */

import { InterplotError } from '../../../src/core/errors.ts'
import { formatIp, type IpAddress, type Ipv6, ipv4, isIpv4, parseIp } from '../../../src/core/ip.ts'
import type { Place } from '../../../src/core/place.ts'
import { randomStream } from '../../../src/core/random.ts'
import { parseNetwork } from '../../../src/geo/network-list.ts'
import type { OnlineOptions } from '../../../src/geo/online/online-options.ts'
import { makeOverlay } from '../../../src/geo/overlay.ts'
import { geoProviders } from '../../../src/geo/providers/index.ts'
import type { AddressLists } from '../../../src/geo/providers/provider.ts'

export const KEY = 'S3cret0Key1For2Tests3Only'
export const environmentFor = (name: string): NodeJS.ProcessEnv => ({ [`INTERPLOT_${name.toUpperCase()}_KEY`]: KEY })

export const lists = (...texts: readonly string[]): AddressLists => {
  const addresses = texts.map((text) => parseIp(text)!)
  const six = addresses.filter((each): each is Ipv6 => !isIpv4(each)).sort((a, b) => (a < b ? -1 : 1))
  return { ipv4: Uint32Array.from(addresses.filter(isIpv4)).sort(), ipv6: six }
}

export interface Collected {
  /** By address as text; absent: not looked up. */
  found: Map<string, Place | null>
  order: string[]
  error: InterplotError | null
  failures: Record<string, number>
  sent: number
  waits: number[]
}

export interface Setup extends OnlineOptions {
  overlay?: Record<string, Place>
}

export const lookUp = async (
  name: string,
  url: string,
  texts: readonly string[],
  setup: Setup = {},
): Promise<Collected> => {
  const { overlay, ...online } = setup
  const waits: number[] = []
  const networks = Object.entries(overlay ?? {}).map(([prefix, place]) => ({ ...parseNetwork(prefix)!, place }))
  const provider = await geoProviders.get(name).open({
    ...(overlay === undefined ? {} : { overlay: makeOverlay('test', networks) }),
    online: {
      baseUrl: url,
      environment: environmentFor(name),
      configFolder: '/nonexistent',
      random: randomStream('test', 'jitter'),
      pause: async (ms) => {
        waits.push(Math.round(ms))
      },
      timeouts: { connectMs: 1000, headersMs: 1000, bodyMs: 1000, totalMs: 400 },
      ...online,
    },
  })
  const found = new Map<string, Place | null>()
  const order: string[] = []
  let error: InterplotError | null = null
  try {
    for await (const { addresses, placeIndex, places } of provider.locateMany(lists(...texts))) {
      for (let i = 0; i < placeIndex.length; i += 1) {
        const value = addresses[i]!
        const address: IpAddress = typeof value === 'number' ? ipv4(value) : value
        order.push(formatIp(address))
        found.set(formatIp(address), places[placeIndex[i]!] ?? null)
      }
    }
  } catch (cause) {
    if (!(cause instanceof InterplotError)) throw cause
    error = cause
  }
  const report = provider.report?.()
  return { found, order, error, waits, sent: report?.sent ?? 0, failures: Object.fromEntries(report?.failures ?? []) }
}
