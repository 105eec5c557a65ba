/** The hops of one trace as the rows of the table beside its map. */

import { formatIp, type IpAddress } from '../../core/ip.ts'
import { printableText } from '../../core/printable-text.ts'
import type { HopTableRow } from '../../render/map-data.ts'
import type { HopPlace, PathHop, TracePath } from '../../store/trace-paths.ts'

/** By reverse DNS. */
export type Names = ReadonlyMap<IpAddress, string>

const rttText = (rttUs: number): string => `${(rttUs / 1000).toFixed(1)} ms`

const placeText = ({ city, country, countryCode }: HopPlace): string =>
  (city === null ? [country ?? countryCode] : [city, countryCode ?? country]).filter((part) => part !== null).join(', ')

const networkText = ({ asn, asOrganization }: HopPlace): string =>
  [asn === null ? null : `AS${asn}`, asOrganization].filter((part) => part !== null).join(' ')

const silentRow = (first: number, last: number): HopTableRow => ({
  hop: first === last ? String(first) : `${first}–${last}`,
  router: 'no answer',
  faint: true,
})

const hopRow = (hop: PathHop & { address: IpAddress }, names: Names): HopTableRow => {
  const { address, place, rttUs, isTooFar } = hop
  const where =
    place === null
      ? ''
      : place.state === 'private' || place.state === 'anycast'
        ? place.state
        : `${placeText(place)}${isTooFar ? `: too far${rttUs === null ? '' : ` for ${rttText(rttUs)}`}` : ''}`
  const network = place === null ? '' : networkText(place)
  return {
    hop: String(hop.ttl),
    router: names.get(address) ?? formatIp(address),
    ...(where === '' ? {} : { place: printableText(where) }),
    ...(network === '' ? {} : { network: printableText(network) }),
    ...(rttUs === null ? {} : { rtt: rttText(rttUs) }),
  }
}

/** Silent hops in a row are one line; those behind the last answer are left out. */
export const hopTableOf = ({ hops }: TracePath, names: Names, maskHops = 0): HopTableRow[] => {
  const rows: HopTableRow[] = []
  if (maskHops > 0) rows.push({ ...silentRow(1, maskHops), router: '(hidden)' })
  const last = hops.findLast(({ address }) => address !== null)?.ttl ?? 0
  let silentFrom: number | null = null
  for (const { address, ...hop } of hops.filter(({ ttl }) => ttl > maskHops && ttl <= last)) {
    if (address === null) {
      silentFrom ??= hop.ttl
      continue
    }
    if (silentFrom !== null) rows.push(silentRow(silentFrom, hop.ttl - 1))
    silentFrom = null
    rows.push(hopRow({ ...hop, address }, names))
  }
  return rows
}
