/** What the page says of connections and places, as words. */

import { formatBandwidth, formatBytes } from '../../../core/units.ts'
import type { LiveConnection, LivePlace } from '../protocol.ts'

/** IANA, Protocol Numbers. */
const PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'ICMP',
  2: 'IGMP',
  6: 'TCP',
  17: 'UDP',
  41: 'IPv6',
  47: 'GRE',
  50: 'ESP',
  58: 'ICMPv6',
  132: 'SCTP',
}

export const protocolName = (protocol: number): string => PROTOCOLS[protocol] ?? `IP ${protocol}`

export const serviceName = ({ service, protocol, remotePort, localPort, initiator }: LiveConnection): string => {
  if (service !== null) return service
  const port = initiator === 'remote' ? localPort : remotePort
  return port === 0 ? protocolName(protocol) : `${protocolName(protocol)} ${port}`
}

export const placeName = (place: LivePlace | null): string => {
  if (place === null) return 'no place'
  const country = place.country ?? place.countryCode
  if (place.city !== null) return country === null ? place.city : `${place.city}, ${country}`
  return country ?? 'no place'
}

/** In little room. */
export const shortPlace = (place: LivePlace | null): string => {
  if (place === null) return 'no place'
  if (place.city !== null) return place.countryCode === null ? place.city : `${place.city}, ${place.countryCode}`
  return place.country ?? place.countryCode ?? 'no place'
}

export const networkName = (place: LivePlace | null): string =>
  place === null
    ? ''
    : [place.asn === null ? '' : `AS${place.asn}`, place.organization ?? ''].filter((part) => part !== '').join(' ')

export const remoteName = ({ name, remote }: LiveConnection): string => name ?? remote

const withPort = (address: string, port: number): string => {
  if (port === 0) return address
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

export const remoteAddress = ({ remote, remotePort }: LiveConnection): string => withPort(remote, remotePort)
export const localAddress = ({ local, localPort }: LiveConnection): string => withPort(local, localPort)

/** @param bytesPerSecond 0 has no words. */
export const rateWords = (bytesPerSecond: number): string =>
  bytesPerSecond < 1 ? '' : formatBandwidth(bytesPerSecond * 8)

export const bytesWords = ({ bytesIn, bytesOut }: LiveConnection): string => formatBytes(bytesIn + bytesOut)

/** `7 s`, `3 min`, `2 h 5 min`, `4 d`. */
export const timeWords = (us: number): string => {
  const seconds = Math.max(0, Math.floor(us / 1e6))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  return `${Math.floor(hours / 24)} d`
}

/** The day, as the browser's clock has it. */
const dayOf = (us: number): string =>
  new Date(us / 1000).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })

/** The time of the day, with the date where that is another day than the one it is read on; null: nobody knows when that is. */
export const clockTime = (us: number, readUs: number | null): string => {
  const time = new Date(us / 1000).toLocaleTimeString('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
  if (readUs !== null && dayOf(us) === dayOf(readUs)) return time
  const [date, readDate] = [dayOf(us), dayOf(readUs ?? us)]
  // The year where it is another one.
  return `${date.slice(-4) === readDate.slice(-4) ? date.slice(0, -5) : date} ${time}`
}

export const directionWords = ({ initiator }: LiveConnection): string =>
  initiator === 'local' ? 'begun here' : initiator === 'remote' ? 'begun there' : 'nobody saw who began'
