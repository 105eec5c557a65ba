/** From the types of the core to what pages are sent. Everything that strangers can choose is cut and made printable here. */

import type { BanEvent } from '../../core/ban.ts'
import type { Connection } from '../../core/connection.ts'
import { formatIp } from '../../core/ip.ts'
import { hasCoordinates, type Place } from '../../core/place.ts'
import { printableText } from '../../core/printable-text.ts'
import type { LiveBan, LiveConnection, LivePlace } from './protocol.ts'

/** A DNS name has no more (RFC 1035 section 2.3.4). */
const NAME_LENGTH_MAX = 253

const words = (text: string | null | undefined): string | null =>
  text === null || text === undefined || text === '' ? null : printableText(text, NAME_LENGTH_MAX)

/** Null where the provider knows nothing at all. */
export const livePlace = (place: Place | null): LivePlace | null => {
  if (place === null) return null
  const located = hasCoordinates(place)
  const known = located || [place.city, place.country, place.countryCode, place.asn].some((each) => each !== undefined)
  if (!known) return null
  return {
    latitude: located ? place.latitude : null,
    longitude: located ? place.longitude : null,
    city: words(place.city),
    countryCode: words(place.countryCode),
    country: words(place.country),
    asn: place.asn ?? null,
    organization: words(place.asOrganization),
    accuracyKm: place.accuracyKm ?? null,
  }
}

export const liveConnection = (
  connection: Connection,
  service: string | null,
  place: LivePlace | null,
): LiveConnection => ({
  id: connection.id,
  protocol: connection.protocol,
  service: words(service),
  local: formatIp(connection.local),
  localPort: connection.localPort,
  remote: formatIp(connection.remote),
  remotePort: connection.remotePort,
  name: words(connection.name),
  process: words(connection.process),
  initiator: connection.initiator,
  state: connection.tcpState,
  packetsOut: connection.packetsOut,
  bytesOut: connection.bytesOut,
  packetsIn: connection.packetsIn,
  bytesIn: connection.bytesIn,
  rttUs: connection.rttUs,
  firstUs: connection.firstUs,
  lastUs: connection.lastUs,
  place,
})

/** The map itself numbers bans. */
export type LiveBanEvent = Omit<LiveBan, 'id'>

export const liveBan = (event: BanEvent, place: LivePlace | null): LiveBanEvent => ({
  act: event.act,
  address: `${formatIp(event.address)}${event.prefixLength === undefined ? '' : `/${event.prefixLength}`}`,
  jail: words(event.jail) ?? '',
  host: words(event.host),
  timeUs: event.timeUs,
  place,
})
