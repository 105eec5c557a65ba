/** Connections taken together: by remote host, country, network, service or program. */

import { formatIp } from '../../../core/ip.ts'
import type { Place } from '../../../core/place.ts'
import { asText } from '../../address-places.ts'
import { calledPort, protocolName, serviceOf } from '../connection-words.ts'
import type { WatchedConnection } from '../watch-model.ts'

export const GROUPINGS = ['connections', 'hosts', 'countries', 'networks', 'services', 'programs'] as const
export type Grouping = (typeof GROUPINGS)[number]
export type GroupedBy = Exclude<Grouping, 'connections'>

export interface ConnectionGroup {
  key: string
  label: string
  /** Of the whole group, where it has one. */
  place: Place | null
  flows: number
  packetsOut: number
  bytesOut: number
  packetsIn: number
  bytesIn: number
  rateOut: number
  rateIn: number
  /** When the newest of them began, and when anything was last seen. */
  firstUs: number
  lastUs: number
  ended: boolean
}

interface Belonging {
  key: string
  label: string
  place?: Place | null
}

const serviceGroup = (connection: WatchedConnection): Belonging => {
  const protocol = protocolName(connection.protocol)
  const port = calledPort(connection)
  const label = `${protocol}${port === 0 ? '' : ` ${serviceOf(connection) ?? port}`}`
  return { key: label, label }
}

const BELONGING: Readonly<Record<GroupedBy, (connection: WatchedConnection) => Belonging>> = {
  hosts({ remote, name, place }) {
    const address = formatIp(remote)
    return { key: address, label: name ?? address, place }
  },
  countries({ place }) {
    if (place?.countryCode === undefined) {
      const label = place?.state === 'private' ? '(private addresses)' : '(no country known)'
      return { key: label, label }
    }
    return { key: place.countryCode, label: place.country ?? place.countryCode }
  },
  networks({ place }) {
    if (place?.asn === undefined) {
      const label = place?.state === 'private' ? '(private addresses)' : '(no network known)'
      return { key: label, label }
    }
    const label = [asText(place), place.asOrganization ?? ''].join(' ').trim()
    return { key: asText(place), label }
  },
  services: serviceGroup,
  programs: ({ process }) => ({ key: process ?? '', label: process ?? '(not known)' }),
}

export const groupConnections = (
  connections: Iterable<WatchedConnection>,
  by: GroupedBy,
): Map<string, ConnectionGroup> => {
  const groups = new Map<string, ConnectionGroup>()
  for (const connection of connections) {
    const { key, label, place = null } = BELONGING[by](connection)
    let group = groups.get(key)
    if (group === undefined) {
      group = {
        key,
        label,
        place,
        flows: 0,
        packetsOut: 0,
        bytesOut: 0,
        packetsIn: 0,
        bytesIn: 0,
        rateOut: 0,
        rateIn: 0,
        firstUs: 0,
        lastUs: 0,
        ended: true,
      }
      groups.set(key, group)
    }
    // Of several connections with a host, one may know its name.
    if (group.label === key) group.label = label
    group.flows += 1
    group.packetsOut += connection.packetsOut
    group.bytesOut += connection.bytesOut
    group.packetsIn += connection.packetsIn
    group.bytesIn += connection.bytesIn
    group.rateOut += connection.rateOut
    group.rateIn += connection.rateIn
    group.firstUs = Math.max(group.firstUs, connection.firstUs)
    group.lastUs = Math.max(group.lastUs, connection.lastUs)
    group.ended &&= connection.ended
  }
  return groups
}
