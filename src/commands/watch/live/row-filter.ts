/** What a person types to see some connections only: words that all must occur, without regard to case and accents. */

import { foldName } from '../../../core/folded-name.ts'
import { formatIp } from '../../../core/ip.ts'
import { asText } from '../../address-places.ts'
import { calledPort, protocolName, serviceOf } from '../connection-words.ts'
import type { WatchedConnection } from '../watch-model.ts'

/** Everything that is looked through, a field a line. */
const textOf = (connection: WatchedConnection): string => {
  const { name, remote, place, process, protocol, device, tcpState } = connection
  const fields = [
    name,
    formatIp(remote),
    `:${calledPort(connection)}`,
    place?.city,
    place?.country,
    place?.countryCode,
    asText(place),
    place?.asOrganization,
    process,
    serviceOf(connection),
    protocolName(protocol),
    tcpState,
    device,
  ]
  return foldName(fields.filter((field) => field !== null && field !== undefined && field !== '').join('\n'))
}

/** @returns null where everything is wanted. */
export const rowFilter = (typed: string): ((connection: WatchedConnection) => boolean) | null => {
  const words = foldName(typed)
    .split(/\s+/)
    .filter((word) => word !== '')
  if (words.length === 0) return null
  return (connection) => {
    const text = textOf(connection)
    return words.every((word) => text.includes(word))
  }
}
