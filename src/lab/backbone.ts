/**
 * A rough picture of the Internet's backbone: the cities where networks meet, and the land and sea cables between them. A
 * line stands for the routes that run that way, not for one cable.
 */

import { InterplotError } from '../core/errors.ts'
import { distanceKm, type Point } from '../core/great-circle.ts'

export interface Hub extends Point {
  /** Three letters, for router names. */
  code: string
  city: string
  countryCode: string
}

const HUB_ROWS = [
  ['fra', 'Frankfurt am Main', 'DE', 50.11, 8.68],
  ['ams', 'Amsterdam', 'NL', 52.37, 4.9],
  ['lon', 'London', 'GB', 51.51, -0.13],
  ['par', 'Paris', 'FR', 48.86, 2.35],
  ['mrs', 'Marseille', 'FR', 43.3, 5.37],
  ['mad', 'Madrid', 'ES', 40.42, -3.7],
  ['lis', 'Lisbon', 'PT', 38.72, -9.14],
  ['mil', 'Milan', 'IT', 45.46, 9.19],
  ['vie', 'Vienna', 'AT', 48.21, 16.37],
  ['waw', 'Warsaw', 'PL', 52.23, 21.01],
  ['sto', 'Stockholm', 'SE', 59.33, 18.07],
  ['mow', 'Moscow', 'RU', 55.75, 37.62],
  ['svx', 'Yekaterinburg', 'RU', 56.84, 60.61],
  ['ovb', 'Novosibirsk', 'RU', 55.03, 82.92],
  ['vvo', 'Vladivostok', 'RU', 43.12, 131.89],
  ['sof', 'Sofia', 'BG', 42.7, 23.32],
  ['ist', 'Istanbul', 'TR', 41.01, 28.98],
  ['ath', 'Athens', 'GR', 37.98, 23.73],
  ['nyc', 'New York', 'US', 40.71, -74.01],
  ['iad', 'Ashburn', 'US', 39.04, -77.49],
  ['mia', 'Miami', 'US', 25.76, -80.19],
  ['atl', 'Atlanta', 'US', 33.75, -84.39],
  ['chi', 'Chicago', 'US', 41.88, -87.63],
  ['dfw', 'Dallas', 'US', 32.78, -96.8],
  ['den', 'Denver', 'US', 39.74, -104.98],
  ['sea', 'Seattle', 'US', 47.61, -122.33],
  ['sjc', 'San Jose', 'US', 37.34, -121.89],
  ['lax', 'Los Angeles', 'US', 34.05, -118.24],
  ['yyz', 'Toronto', 'CA', 43.65, -79.38],
  ['hnl', 'Honolulu', 'US', 21.31, -157.86],
  ['mex', 'Mexico City', 'MX', 19.43, -99.13],
  ['pty', 'Panama City', 'PA', 8.98, -79.52],
  ['bog', 'Bogotá', 'CO', 4.71, -74.07],
  ['lim', 'Lima', 'PE', -12.05, -77.04],
  ['scl', 'Santiago', 'CL', -33.45, -70.67],
  ['eze', 'Buenos Aires', 'AR', -34.6, -58.38],
  ['for', 'Fortaleza', 'BR', -3.73, -38.53],
  ['gru', 'São Paulo', 'BR', -23.55, -46.63],
  ['cai', 'Cairo', 'EG', 30.04, 31.24],
  ['dkr', 'Dakar', 'SN', 14.72, -17.47],
  ['los', 'Lagos', 'NG', 6.52, 3.38],
  ['lad', 'Luanda', 'AO', -8.84, 13.23],
  ['jnb', 'Johannesburg', 'ZA', -26.2, 28.05],
  ['nbo', 'Nairobi', 'KE', -1.29, 36.82],
  ['jib', 'Djibouti', 'DJ', 11.59, 43.15],
  ['dxb', 'Dubai', 'AE', 25.2, 55.27],
  ['bom', 'Mumbai', 'IN', 19.08, 72.88],
  ['maa', 'Chennai', 'IN', 13.08, 80.27],
  ['del', 'Delhi', 'IN', 28.61, 77.21],
  ['sin', 'Singapore', 'SG', 1.35, 103.82],
  ['cgk', 'Jakarta', 'ID', -6.21, 106.85],
  ['bkk', 'Bangkok', 'TH', 13.76, 100.5],
  ['hkg', 'Hong Kong', 'HK', 22.32, 114.17],
  ['mnl', 'Manila', 'PH', 14.6, 120.98],
  ['tpe', 'Taipei', 'TW', 25.03, 121.57],
  ['sha', 'Shanghai', 'CN', 31.23, 121.47],
  ['pek', 'Beijing', 'CN', 39.9, 116.41],
  ['sel', 'Seoul', 'KR', 37.57, 126.98],
  ['tyo', 'Tokyo', 'JP', 35.68, 139.69],
  ['per', 'Perth', 'AU', -31.95, 115.86],
  ['syd', 'Sydney', 'AU', -33.87, 151.21],
  ['akl', 'Auckland', 'NZ', -36.85, 174.76],
  ['ala', 'Almaty', 'KZ', 43.24, 76.89],
] as const

/** Each word pair is a line. Sea cables by ocean, then land. */
const LINES = [
  // North Atlantic
  'lon-nyc par-nyc ams-nyc lis-iad mad-iad',
  // South Atlantic
  'for-mia for-lis for-lad',
  // Along Africa and to India
  'lis-dkr dkr-los los-lad lad-jnb mrs-cai cai-jib jib-nbo nbo-jnb jib-dxb jib-bom dxb-bom',
  // Indian Ocean and South-East Asia
  'bom-maa maa-sin sin-cgk sin-bkk sin-hkg sin-per cgk-per bkk-hkg hkg-mnl hkg-tpe hkg-sha tpe-tyo mnl-tyo sha-tyo',
  // Pacific
  'tyo-sea tyo-sjc tyo-lax tpe-lax hkg-lax syd-hnl hnl-lax hnl-sjc syd-akl akl-hnl per-syd tyo-syd vvo-tyo sel-tyo',
  // The Americas
  'mia-pty pty-bog pty-lim lim-scl mia-bog mia-gru for-gru gru-eze eze-scl lax-mex dfw-mex mex-pty',
  'nyc-iad iad-atl atl-mia atl-dfw iad-chi nyc-chi nyc-yyz yyz-chi chi-den den-sjc den-sea dfw-den dfw-lax lax-sjc sjc-sea',
  // Europe
  'fra-ams fra-par fra-vie fra-mil fra-waw fra-sto ams-lon lon-par par-mrs par-mad mad-lis mrs-mil mil-vie vie-waw',
  'vie-sof sof-ist sof-ath mil-ath waw-mow sto-mow',
  // Asia by land
  'mow-svx svx-ovb ovb-ala ovb-vvo ovb-pek svx-ala ist-dxb cai-dxb bom-del del-maa hkg-pek pek-sha pek-sel',
] as const

export const HUBS: readonly Hub[] = HUB_ROWS.map(([code, city, countryCode, latitude, longitude]) => ({
  code,
  city,
  countryCode,
  latitude,
  longitude,
}))

const linesOf = (hubs: ReadonlyMap<string, Hub>): [Hub, Hub][] =>
  LINES.flatMap((row) => row.split(' ')).map((pair) => {
    const [from, to] = pair.split('-').map((code) => hubs.get(code))
    if (from === undefined || to === undefined) throw new InterplotError('ERR_INTERNAL', `no such line: ${pair}`)
    return [from, to]
  })

/**
 * The shortest way from `start` to every hub by great-circle distance (Dijkstra): for each hub's code, the hubs on the way,
 * both ends included.
 */
export const shortestWays = (start: Hub): ReadonlyMap<string, readonly Hub[]> => {
  const neighbours = new Map<string, Hub[]>(HUBS.map((hub) => [hub.code, []]))
  for (const [a, b] of linesOf(new Map(HUBS.map((hub) => [hub.code, hub])))) {
    neighbours.get(a.code)?.push(b)
    neighbours.get(b.code)?.push(a)
  }
  const best = new Map<string, { km: number; way: readonly Hub[] }>([[start.code, { km: 0, way: [start] }]])
  const done = new Map<string, readonly Hub[]>()
  while (best.size > 0) {
    const [code, { km, way }] = [...best].reduce((nearest, each) => (each[1].km < nearest[1].km ? each : nearest))
    best.delete(code)
    done.set(code, way)
    const here = way.at(-1) ?? start
    for (const next of neighbours.get(code) ?? []) {
      const total = km + distanceKm(here, next)
      const known = best.get(next.code)
      if (!done.has(next.code) && (known === undefined || total < known.km)) {
        best.set(next.code, { km: total, way: [...way, next] })
      }
    }
  }
  return done
}

export const nearestHub = (point: Point): Hub =>
  HUBS.reduce((nearest, hub) => (distanceKm(point, hub) < distanceKm(point, nearest) ? hub : nearest))
