/**
 * Any server with the shape of the old freegeoip.net, which ended in 2018 and whose server people still run themselves:
 * `GET /json/{address}` → `ip, country_code, country_name, region_code, region_name, city, zip_code, time_zone, latitude,
 * longitude, metro_code`. What it does not know is empty, and its coordinates then are 0, 0.
 */

import { InterplotError } from '../../core/errors.ts'
import { formatIp, type IpAddress } from '../../core/ip.ts'
import { ANOTHER_ADDRESS, answerPlace, isFor, plainAddress, UNKNOWN_SHAPE } from '../online/answer-place.ts'
import { baseUrlFor, urlVariable } from '../online/base-url.ts'
import { keyRefused, quotaUsedUp, requestRefused } from '../online/diagnosis.ts'
import { readKey } from '../online/key-file.ts'
import { openOnline } from '../online/online-provider.ts'
import { type AddressAnswer, isObject, type OnlineService, type Verdict } from '../online/service.ts'
import type { GeoProvider } from './provider.ts'

const NAME = 'freegeoip'
/** One's own server has no quota; a bound all the same. */
const BUDGET = 1_000_000

const readAnswer = (value: unknown, asked: IpAddress, key: string | null): AddressAnswer => {
  if (!isObject(value) || !('ip' in value)) return UNKNOWN_SHAPE
  if (!isFor(asked, value['ip'])) return ANOTHER_ADDRESS
  const place = answerPlace(
    {
      latitude: value['latitude'],
      longitude: value['longitude'],
      country_code: value['country_code'],
      country_name: value['country_name'],
      region: value['region_name'],
      city: value['city'],
      postal_code: value['zip_code'],
      time_zone: value['time_zone'],
    },
    key,
  )
  return { place }
}

const interpret = (status: number, value: unknown, asked: readonly IpAddress[], key: string | null): Verdict => {
  if (status === 200) return { kind: 'answers', answers: asked.map((address) => readAnswer(value, address, key)) }
  if (status === 404 || status === 400) {
    return { kind: 'answers', answers: asked.map(() => ({ failure: 'refused by the server' })) }
  }
  if (status === 401) return { kind: 'stop', error: keyRefused(NAME, '') }
  // The old server says 403 when the hour's quota is used up.
  if (status === 403) return { kind: 'stop', error: quotaUsedUp(NAME, '') }
  if (status === 429) return { kind: 'again', reason: 'asked too fast', stays: quotaUsedUp(NAME, '') }
  if (status >= 500) return { kind: 'again', reason: `status ${status}` }
  return { kind: 'stop', error: requestRefused(NAME, `status ${status}`) }
}

const makeService = (base: URL, key: string | null): OnlineService => ({
  name: NAME,
  attributions: [],
  batchSize: 1,
  budget: BUDGET,
  request([address]) {
    const url = new URL(`json/${address === undefined ? '' : formatIp(plainAddress(address))}`, base)
    if (key !== null) url.searchParams.set('apikey', key)
    return { method: 'GET', url }
  },
  interpret: (status, value, asked) => interpret(status, value, asked, key),
})

export const freegeoip: GeoProvider = {
  name: NAME,
  help: 'a server of your own that speaks as freegeoip.net did, asked over the network',
  needs: `its address in --provider-url or ${urlVariable(NAME)}; every address is sent to it`,
  sendsTo: 'the server in --provider-url',
  async open(options) {
    const { environment = process.env, baseUrl, configFolder } = options.online ?? {}
    const base = baseUrlFor(NAME, null, { chosen: baseUrl, environment })
    if (base === null) {
      throw new InterplotError('ERR_USAGE', 'freegeoip needs the address of a server', {
        advice: `Give --provider-url http://127.0.0.1:8080, or set ${urlVariable(NAME)}.`,
      })
    }
    return openOnline(makeService(base, readKey(NAME, environment, configFolder)), options)
  },
}
