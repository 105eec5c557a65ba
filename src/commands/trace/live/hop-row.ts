/** The rows of the live table: one a hop, and one for each further router that answered at its TTL where there is room. */

import { formatIp, type IpAddress } from '../../../core/ip.ts'
import type { Place } from '../../../core/place.ts'
import type { HopResponder } from '../../../probe/trace/hop-tally.ts'
import type { LiveHop } from '../../../probe/trace/live-trace.ts'
import { refusalMark } from '../../../probe/trace/refusal.ts'
import type { AddressPlaces } from '../../address-places.ts'
import type { HostNames } from '../host-names.ts'

export interface HopFacts {
  target: IpAddress
  names: HostNames
  places: AddressPlaces
  showNames: boolean
  /** Hops up to this TTL are shown without their address. */
  maskHops: number
}

export interface HopRow {
  hop: LiveHop
  /** Null on a row of a silent hop. */
  responder: HopResponder | null
  /** Further routers that have no row of their own. */
  more: number
  /** The first row of its hop. */
  isFirst: boolean
  /** Address or name; '(hidden)', '(no answer)'. */
  host: string
  place: Place | null
  /** `!X`, `limited`, `MPLS`, `NAT`. */
  tags: string[]
}

const MASK = '(hidden)'
const SILENT = '(no answer)'
const WAITING = '(waiting)'

export const hostText = (address: IpAddress, ttl: number, { names, showNames, maskHops }: HopFacts): string => {
  if (ttl <= maskHops) return MASK
  return (showNames ? names.known(address) : null) ?? formatIp(address)
}

export const placeOf = (address: IpAddress, ttl: number, { places, maskHops }: HopFacts): Place | null =>
  ttl <= maskHops ? null : places.place(address)

const tagsOf = (hop: LiveHop, target: IpAddress): string[] => {
  const mark = hop.newest === null ? '' : refusalMark(hop.newest, target)
  return [
    ...(mark === '' ? [] : [mark]),
    ...(hop.rateLimited ? ['limited'] : []),
    ...(hop.extensions?.mpls === undefined ? [] : ['MPLS']),
    ...(hop.translated ? ['NAT'] : []),
  ]
}

const rowsOf = (hop: LiveHop, facts: HopFacts, expanded: boolean): HopRow[] => {
  const { responders, ttl } = hop
  const tags = tagsOf(hop, facts.target)
  const [first] = responders
  if (first === undefined) {
    const host = hop.sent === 0 ? WAITING : SILENT
    return [{ hop, responder: null, more: 0, isFirst: true, host, place: null, tags }]
  }
  return (expanded ? responders : [first]).map((responder, i) => ({
    hop,
    responder,
    more: expanded ? 0 : responders.length - 1,
    isFirst: i === 0,
    host: hostText(responder.address, ttl, facts),
    place: placeOf(responder.address, ttl, facts),
    tags: i === 0 ? tags : [],
  }))
}

/** @param room lines; where all routers do not fit, hops have one row each. */
export const hopRows = (hops: readonly LiveHop[], facts: HopFacts, room: number): HopRow[] => {
  const all = hops.reduce((sum, { responders }) => sum + Math.max(1, responders.length), 0)
  return hops.flatMap((hop) => rowsOf(hop, facts, all <= room))
}
