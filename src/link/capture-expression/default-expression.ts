/**
 * The capture filter where none is given: everything but the ssh sessions through which people look at it (each line shown would make packets, and so
 * lines) and what this program exchanges itself. A text, so that it can be shown, changed and given back.
 */

export interface OwnTraffic {
  /** TCP ports of ssh. */
  sshPorts?: readonly number[]
  /** Ends of this program's own connections; without a port, all that goes there. */
  peers?: readonly { address: string; port?: number }[]
  /** TCP ports on which this program serves. */
  servedPorts?: readonly number[]
}

const SSH_PORTS = [22]

const tcpPorts = (ports: readonly number[]): string[] => (ports.length === 0 ? [] : [`tcp port ${ports.join(' or ')}`])

/** `not (tcp port 22)`; empty when nothing is left out. */
export const defaultExpression = ({ sshPorts = SSH_PORTS, peers = [], servedPorts = [] }: OwnTraffic = {}): string => {
  const parts = [
    ...tcpPorts([...new Set([...sshPorts, ...servedPorts])]),
    ...peers.map(({ address, port }) =>
      port === undefined ? `host ${address}` : `(host ${address} and port ${port})`,
    ),
  ]
  return parts.length === 0 ? '' : `not (${parts.join(' or ')})`
}
