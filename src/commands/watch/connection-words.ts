/** Words for a connection that every output uses. */

import type { Connection } from '../../core/connection.ts'
import { formatIp, type IpAddress, isIpv4 } from '../../core/ip.ts'
import { serviceName } from '../../core/service-names.ts'

const PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'icmp',
  2: 'igmp',
  6: 'tcp',
  17: 'udp',
  47: 'gre',
  50: 'esp',
  58: 'icmp6',
  132: 'sctp',
}

export const protocolName = (protocol: number): string => PROTOCOLS[protocol] ?? `ip${protocol}`

export const ARROWS = { local: '→', remote: '←', unknown: '↔' } as const

export const endText = (address: IpAddress, port: number): string => {
  const text = formatIp(address)
  if (port === 0) return text
  return isIpv4(address) ? `${text}:${port}` : `[${text}]:${port}`
}

/** What a connection is for: by the port of the end that was called; where nobody knows that, by the lower one. */
export const serviceOf = ({
  protocol,
  initiator,
  localPort,
  remotePort,
}: Pick<Connection, 'protocol' | 'initiator' | 'localPort' | 'remotePort'>): string | null => {
  if (initiator === 'local') return serviceName(protocol, remotePort)
  if (initiator === 'remote') return serviceName(protocol, localPort)
  const [lower, upper] = [Math.min(localPort, remotePort), Math.max(localPort, remotePort)]
  return serviceName(protocol, lower) ?? serviceName(protocol, upper)
}

/** The port of the end that was called; where nobody knows that, the lower one; 0 where there are none. */
export const calledPort = ({
  initiator,
  localPort,
  remotePort,
}: Pick<Connection, 'initiator' | 'localPort' | 'remotePort'>): number =>
  initiator === 'local' ? remotePort : initiator === 'remote' ? localPort : Math.min(localPort, remotePort)
