/**
 * ipgeolocation (https://ipgeolocation.io/documentation): `GET /v3/ipgeo?apiKey=…&ip=…` and `POST /v3/ipgeo-bulk?apiKey=…`
 * with `{"ips":[…]}`, whose answers come in the order of the question; one that failed is a mere `{"message":…}`. Version 3
 * nests (`location`, `asn`), before that everything lay flat; latitude and longitude are text in both.
 */

import { formatIp, type IpAddress } from '../../core/ip.ts'
import { ANOTHER_ADDRESS, answerPlace, isFor, plainAddress, quoted, UNKNOWN_SHAPE } from '../online/answer-place.ts'
import { keyRefused, planLacks, quotaUsedUp, requestRefused } from '../online/diagnosis.ts'
import { openWithKey } from '../online/online-provider.ts'
import { type AddressAnswer, isObject, type OnlineService, type Verdict } from '../online/service.ts'
import type { GeoProvider } from './provider.ts'

const NAME = 'ipgeolocation'
const BATCH_SIZE = 50
/** The free plan's day has 1000. */
const BUDGET = 1000

/** The first that is a text with something in it, or a number. */
const firstOf = (...values: unknown[]): unknown =>
  values.find((value) => typeof value === 'number' || (typeof value === 'string' && value.trim() !== ''))

const readAnswer = (value: unknown, asked: IpAddress, key: string): AddressAnswer => {
  if (!isObject(value)) return UNKNOWN_SHAPE
  if (!('ip' in value)) return 'message' in value ? { failure: 'refused by the server' } : UNKNOWN_SHAPE
  if (!isFor(asked, value['ip'])) return ANOTHER_ADDRESS
  const location = isObject(value['location']) ? value['location'] : value
  const asn = isObject(value['asn']) ? value['asn'] : {}
  const zone = value['time_zone']
  const place = answerPlace(
    {
      latitude: location['latitude'],
      longitude: location['longitude'],
      accuracy_km: location['accuracy_radius'],
      continent_code: location['continent_code'],
      country_code: location['country_code2'],
      country_name: location['country_name'],
      region: location['state_prov'],
      city: location['city'],
      postal_code: location['zipcode'],
      time_zone: isObject(zone) ? zone['name'] : zone,
      geoname_id: Number(firstOf(location['geoname_id'])) || undefined,
      asn: firstOf(asn['as_number'], value['asn']),
      isp: firstOf(value['isp'], asn['organization'], value['organization']),
    },
    key,
  )
  return { place }
}

/** What a status means (ipgeolocation's documentation, "Error Codes"). */
const failureOf = (status: number, words: string, asked: readonly IpAddress[]): Verdict => {
  if (status >= 500) return { kind: 'again', reason: `status ${status}` }
  if (status === 429) return { kind: 'again', reason: 'asked too fast', stays: quotaUsedUp(NAME, words) }
  // A plan without bulk requests answers as to a wrong key: one alone tells the two apart. One bad address spoils all.
  if (asked.length > 1) return { kind: 'singles', always: status === 401 || status === 403 }
  if (status === 401) return { kind: 'stop', error: keyRefused(NAME, words) }
  if (status === 403) return { kind: 'stop', error: planLacks(NAME, words || 'status 403', 'See the account’s page.') }
  if (status === 423)
    return { kind: 'answers', answers: asked.map(() => ({ failure: 'private by the server’s view' })) }
  if (status === 404) return { kind: 'answers', answers: asked.map(() => ({ place: null })) }
  if (status === 400) return { kind: 'answers', answers: asked.map(() => ({ failure: 'refused by the server' })) }
  return { kind: 'stop', error: requestRefused(NAME, words || `status ${status}`) }
}

const interpret = (status: number, value: unknown, asked: readonly IpAddress[], key: string): Verdict => {
  if (status !== 200) return failureOf(status, isObject(value) ? quoted(value['message'], key) : '', asked)
  if (asked.length === 1) return { kind: 'answers', answers: [readAnswer(value, asked[0]!, key)] }
  // By index: an answer too few or too many, and nobody knows whose is whose.
  if (!Array.isArray(value) || value.length !== asked.length) {
    return { kind: 'answers', answers: asked.map(() => UNKNOWN_SHAPE) }
  }
  return { kind: 'answers', answers: asked.map((address, i) => readAnswer(value[i], address, key)) }
}

const makeService = (base: URL, key: string): OnlineService => ({
  name: NAME,
  attributions: ['IP geolocation by ipgeolocation.io (https://ipgeolocation.io)'],
  batchSize: BATCH_SIZE,
  budget: BUDGET,
  request(addresses) {
    const ips = addresses.map((address) => formatIp(plainAddress(address)))
    const url = new URL(ips.length === 1 ? 'v3/ipgeo' : 'v3/ipgeo-bulk', base)
    url.searchParams.set('apiKey', key)
    if (ips.length > 1) return { method: 'POST', url, body: { ips } }
    url.searchParams.set('ip', ips[0] ?? '')
    return { method: 'GET', url }
  },
  interpret: (status, value, asked) => interpret(status, value, asked, key),
})

export const ipgeolocation: GeoProvider = {
  name: NAME,
  help: 'ipgeolocation.io, asked over the network, with a key',
  needs: 'a key in INTERPLOT_IPGEOLOCATION_KEY or keys.json; every address is sent to ipgeolocation.io',
  sendsTo: 'api.ipgeolocation.io',
  open: async (options) => openWithKey(NAME, 'https://api.ipgeolocation.io/', makeService, options),
}
