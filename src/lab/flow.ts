/**
 * A packet's flow, as a per-flow load balancer sees it.
 *
 * For IPv4 what Augustin et al. ("Avoiding traceroute anomalies with Paris traceroute", IMC 2006) found routers to hash:
 * addresses, protocol, type of service and the first four bytes behind the IP header, which are the ports of TCP and UDP and
 * type, code and checksum of ICMP; here the ICMP identifier too. For IPv6 the flow label takes the place of the type of
 * service (RFC 6438).
 */

import { readUint16, readUint32 } from '../wire/bytes.ts'
import { ICMP_OFFSET } from '../wire/icmp.ts'
import { IPV4_OFFSET } from '../wire/ipv4.ts'
import { IPV6_HEADER_BYTES, IPV6_OFFSET } from '../wire/ipv6.ts'
import { addWord } from './keyed-hash.ts'
import { isIcmp, type Probe } from './probe.ts'

const FLOW_LABEL_MASK = 0xfffff

const hashHeader = ({ bytes, version, source, destination, protocol }: Probe): number => {
  if (version === 4) return addWord(addWord(source, destination), (bytes[IPV4_OFFSET.tos]! << 8) | protocol)
  let hash = addWord(readUint32(bytes, 0) & FLOW_LABEL_MASK, protocol)
  for (let at = IPV6_OFFSET.source; at < IPV6_HEADER_BYTES; at += 4) hash = addWord(hash, readUint32(bytes, at))
  return hash
}

export const hashFlow = (probe: Probe): number => {
  const { bytes, payload } = probe
  let hash = hashHeader(probe)
  if (payload + 4 <= bytes.length) hash = addWord(hash, readUint32(bytes, payload))
  if (isIcmp(probe) && payload + ICMP_OFFSET.sequence <= bytes.length) {
    hash = addWord(hash, readUint16(bytes, payload + ICMP_OFFSET.id))
  }
  return hash
}
