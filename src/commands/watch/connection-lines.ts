/** Connections on standard output: a line each for people, or a JSON object each for programs. */

import { isoTime } from '../../core/clock.ts'
import type { Connection } from '../../core/connection.ts'
import { formatIp } from '../../core/ip.ts'
import { hasCoordinates, type Place } from '../../core/place.ts'
import { printableText } from '../../core/printable-text.ts'
import { asText, placeText } from '../address-places.ts'
import { ARROWS, endText, protocolName, serviceOf } from './connection-words.ts'

export interface LocatedConnection extends Connection {
  place: Place | null
}

/** `09:15:02  tcp 192.168.1.5:50312 → 93.184.216.34:443  https  example.com  Norwell, US  AS15133` */
export const connectionLine = (connection: LocatedConnection): string => {
  const { protocol, local, localPort, remote, remotePort, initiator, name, place, process, firstUs } = connection
  const ends = `${endText(local, localPort)} ${ARROWS[initiator]} ${endText(remote, remotePort)}`
  const facts = [
    serviceOf(connection),
    name === null ? null : printableText(name),
    placeText(place),
    asText(place),
    process === null ? null : printableText(process),
  ]
  const said = facts.filter((each) => each !== null && each !== '')
  return [`${isoTime(firstUs).slice(11, 19)}  ${protocolName(protocol)} ${ends}`, ...said].join('  ')
}

/** Times ISO 8601, bytes those of IP packets; what is not known is null. */
export const connectionJson = (connection: LocatedConnection): object => {
  const { place, rttUs } = connection
  return {
    id: connection.id,
    protocol: protocolName(connection.protocol),
    service: serviceOf(connection),
    initiator: connection.initiator === 'unknown' ? null : connection.initiator,
    local: formatIp(connection.local),
    local_port: connection.localPort,
    remote: formatIp(connection.remote),
    remote_port: connection.remotePort,
    name: connection.name,
    name_source: connection.nameSource === 'none' ? null : connection.nameSource,
    process: connection.process,
    interface: connection.device,
    state: connection.tcpState,
    packets_out: connection.packetsOut,
    bytes_out: connection.bytesOut,
    packets_in: connection.packetsIn,
    bytes_in: connection.bytesIn,
    rtt_ms: rttUs === null ? null : rttUs / 1000,
    first_seen: isoTime(connection.firstUs),
    last_seen: isoTime(connection.lastUs),
    city: place?.city ?? null,
    country: place?.country ?? null,
    country_code: place?.countryCode ?? null,
    latitude: place !== null && hasCoordinates(place) ? place.latitude : null,
    longitude: place !== null && hasCoordinates(place) ? place.longitude : null,
    asn: place?.asn ?? null,
    isp: place?.asOrganization ?? null,
  }
}
