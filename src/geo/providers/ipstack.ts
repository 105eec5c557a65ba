/**
 * ipstack (https://ipstack.com/documentation): `GET /{address}[,{address}…]?access_key=…`. Failures come with status 200 as
 * `{"success":false,"error":{"code":…,"type":…,"info":…}}`.
 */

import { formatIp, type IpAddress } from '../../core/ip.ts'
import { ANOTHER_ADDRESS, answerPlace, isFor, plainAddress, quoted, UNKNOWN_SHAPE } from '../online/answer-place.ts'
import { keyRefused, planLacks, quotaUsedUp, requestRefused } from '../online/diagnosis.ts'
import { openWithKey } from '../online/online-provider.ts'
import { type AddressAnswer, isObject, type OnlineService, type Verdict } from '../online/service.ts'
import type { GeoProvider } from './provider.ts'

const NAME = 'ipstack'
const BATCH_SIZE = 50
/** The free plan's month has 100. */
const BUDGET = 100

const partOf = (value: Record<string, unknown>, name: string): Record<string, unknown> => {
  const part = value[name]
  return isObject(part) ? part : {}
}

const readAnswer = (value: unknown, asked: IpAddress, key: string): AddressAnswer => {
  if (!isObject(value)) return UNKNOWN_SHAPE
  if (!('ip' in value)) return value['success'] === false ? { failure: 'refused by the server' } : UNKNOWN_SHAPE
  if (!isFor(asked, value['ip'])) return ANOTHER_ADDRESS
  const connection = partOf(value, 'connection')
  const place = answerPlace(
    {
      latitude: value['latitude'],
      longitude: value['longitude'],
      continent_code: value['continent_code'],
      country_code: value['country_code'],
      country_name: value['country_name'],
      region: value['region_name'],
      city: value['city'],
      postal_code: value['zip'],
      time_zone: partOf(value, 'time_zone')['id'],
      geoname_id: partOf(value, 'location')['geoname_id'],
      asn: connection['asn'],
      isp: connection['isp'],
    },
    key,
  )
  return { place }
}

const HTTPS_ADVICE =
  'Plans without HTTPS answer over plain http only; if you accept that the key and the addresses then travel readable for all on the way, say: --provider-url http://api.ipstack.com.'

/** What a failure's code means (ipstack's documentation, "API Errors"). */
const failureOf = (code: unknown, words: string, asked: readonly IpAddress[]): Verdict => {
  switch (code) {
    case 101:
    case 102:
      return { kind: 'stop', error: keyRefused(NAME, words) }
    case 104:
      return { kind: 'stop', error: quotaUsedUp(NAME, words) }
    case 105:
      return { kind: 'stop', error: planLacks(NAME, words || 'HTTPS', HTTPS_ADVICE) }
    case 301:
      return { kind: 'stop', error: requestRefused(NAME, words || 'a field of the answer that it does not know') }
    case 302:
    case 303:
      if (asked.length > 1) return { kind: 'singles', always: true }
      return {
        kind: 'stop',
        error: planLacks(NAME, words || 'several addresses in one request', 'Choose another plan.'),
      }
    case 106:
    case 404:
      // Of several, one is at fault, and the others are asked alone.
      if (asked.length > 1) return { kind: 'singles', always: false }
      return { kind: 'answers', answers: asked.map(() => ({ failure: 'refused by the server' })) }
    default:
      return { kind: 'stop', error: requestRefused(NAME, words || `error ${String(code).slice(0, 20)}`) }
  }
}

const interpret = (status: number, value: unknown, asked: readonly IpAddress[], key: string): Verdict => {
  if (isObject(value) && value['success'] === false && isObject(value['error'])) {
    const { code, info, type } = value['error']
    return failureOf(code, quoted(info, key) || quoted(type, key), asked)
  }
  if (status === 429) return { kind: 'again', reason: 'asked too fast', stays: quotaUsedUp(NAME, '') }
  if (status === 401) return { kind: 'stop', error: keyRefused(NAME, '') }
  if (status === 403) return { kind: 'stop', error: planLacks(NAME, `status ${status}`, 'See the account’s page.') }
  if (status >= 500) return { kind: 'again', reason: `status ${status}` }
  if (status !== 200) return { kind: 'stop', error: requestRefused(NAME, `status ${status}`) }
  if (asked.length === 1 && !Array.isArray(value)) {
    return { kind: 'answers', answers: [readAnswer(value, asked[0]!, key)] }
  }
  if (!Array.isArray(value)) return { kind: 'answers', answers: asked.map(() => UNKNOWN_SHAPE) }
  const byAddress = (address: IpAddress): unknown => value.find((each) => isObject(each) && isFor(address, each['ip']))
  return {
    kind: 'answers',
    answers: asked.map((address) => {
      const found = byAddress(address)
      return found === undefined ? ANOTHER_ADDRESS : readAnswer(found, address, key)
    }),
  }
}

const makeService = (base: URL, key: string): OnlineService => ({
  name: NAME,
  attributions: ['IP geolocation by ipstack (https://ipstack.com)'],
  batchSize: BATCH_SIZE,
  budget: BUDGET,
  request(addresses) {
    const url = new URL(addresses.map((address) => formatIp(plainAddress(address))).join(','), `${base.href}`)
    url.searchParams.set('access_key', key)
    return { method: 'GET', url }
  },
  interpret: (status, value, asked) => interpret(status, value, asked, key),
})

export const ipstack: GeoProvider = {
  name: NAME,
  help: 'ipstack.com, asked over the network, with a key',
  needs: 'a key in INTERPLOT_IPSTACK_KEY or keys.json; every address is sent to ipstack',
  sendsTo: 'api.ipstack.com',
  open: async (options) => openWithKey(NAME, 'https://api.ipstack.com/', makeService, options),
}
