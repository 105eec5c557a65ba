/**
 * One UDP socket of an error-queue link, bound to a source port: its errors are queued with whatever the kernel knows of them,
 * and the headers of what it sends are set before each datagram, where they change. Source: ip(7), ipv6(7), udp(7).
 */

import { constants } from 'node:os'
import { InterplotError } from '../core/errors.ts'
import { ipv6Bytes } from '../core/ip.ts'
import { writeUint16, writeUint32 } from '../wire/bytes.ts'
import type { LinkSpec } from './contract.ts'
import {
  AF_INET,
  AF_INET6,
  IP_MTU_DISCOVER,
  IP_RECVERR,
  IP_RECVERR_RFC4884,
  IP_RECVTTL,
  IP_TOS,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_AUTOFLOWLABEL,
  IPV6_FLOWINFO_SEND,
  IPV6_MTU_DISCOVER,
  IPV6_RECVERR,
  IPV6_RECVERR_RFC4884,
  IPV6_RECVHOPLIMIT,
  IPV6_TCLASS,
  IPV6_UNICAST_HOPS,
  SO_BINDTODEVICE,
  SO_RCVBUF,
  SO_TIMESTAMPNS,
  SOCK_DGRAM,
  SOL_SOCKET,
} from './kernel-constants.ts'
import { SOCKADDR_IN, SOCKADDR_IN6 } from './kernel-structures.ts'
import { errnoText, libc } from './libc.ts'
import { openSocket, setSocketOption, trySocketOption, withSocket } from './socket.ts'

const { EACCES, EADDRNOTAVAIL } = constants.errno

const RECEIVE_BUFFER_BYTES = 1 << 20

/** The options of both families that mean the same. */
const FAMILIES = {
  4: { domain: AF_INET, level: IPPROTO_IP, errors: IP_RECVERR, extensions: IP_RECVERR_RFC4884, arrivalTtl: IP_RECVTTL },
  6: {
    domain: AF_INET6,
    level: IPPROTO_IPV6,
    errors: IPV6_RECVERR,
    extensions: IPV6_RECVERR_RFC4884,
    arrivalTtl: IPV6_RECVHOPLIMIT,
  },
} as const
const HEADER_OPTIONS = {
  4: { ttl: IP_TTL, trafficClass: IP_TOS, discovery: IP_MTU_DISCOVER },
  6: { ttl: IPV6_UNICAST_HOPS, trafficClass: IPV6_TCLASS, discovery: IPV6_MTU_DISCOVER },
} as const

export interface HeaderWishes {
  ttl: number
  trafficClass: number
  /** IP_PMTUDISC_… */
  discovery: number
}

export interface PortSocket {
  readonly fd: number
  readonly port: number
  /** Makes the next datagrams leave with this header. */
  setHeader(wishes: HeaderWishes): void
}

export const familyOf = ({ sourceAddress6 }: LinkSpec): 4 | 6 => (sourceAddress6 === undefined ? 4 : 6)

/** Our own socket address with a port. */
const ownName = ({ sourceAddress, sourceAddress6, details }: LinkSpec, port: number): Uint8Array => {
  if (sourceAddress6 === undefined) {
    const name = new Uint8Array(SOCKADDR_IN.sizeBytes)
    name[SOCKADDR_IN.offset.family] = AF_INET
    writeUint16(name, SOCKADDR_IN.offset.port, port)
    writeUint32(name, SOCKADDR_IN.offset.address, sourceAddress)
    return name
  }
  const name = new Uint8Array(SOCKADDR_IN6.sizeBytes)
  name[SOCKADDR_IN6.offset.family] = AF_INET6
  writeUint16(name, SOCKADDR_IN6.offset.port, port)
  name.set(ipv6Bytes(sourceAddress6), SOCKADDR_IN6.offset.address)
  new DataView(name.buffer).setUint32(SOCKADDR_IN6.offset.scope, Number(details['interfaceIndex']), true)
  return name
}

const makePortSocket = (fd: number, port: number, family: 4 | 6): PortSocket => {
  const { level } = FAMILIES[family]
  const options = HEADER_OPTIONS[family]
  const set: Partial<HeaderWishes> = {}
  return {
    fd,
    port,
    setHeader(wishes) {
      for (const name of ['ttl', 'trafficClass', 'discovery'] as const) {
        if (set[name] === wishes[name]) continue
        setSocketOption(fd, level, options[name], wishes[name], `the ${name} of probes`)
        set[name] = wishes[name]
      }
    },
  }
}

/**
 * Null when another program has the port.
 * @throws InterplotError ERR_RAW_PRIVILEGE for a port below 1024, ERR_INTERFACE for an address that is not ours, ERR_LINK_UNAVAILABLE
 */
export const openPortSocket = (spec: LinkSpec, port: number): PortSocket | null => {
  const family = familyOf(spec)
  const { domain, level, errors, extensions, arrivalTtl } = FAMILIES[family]
  const fd = openSocket(domain, SOCK_DGRAM, 0)
  return withSocket(fd, () => {
    setSocketOption(fd, level, errors, 1, 'IP_RECVERR')
    // Linux 5.9; older kernels keep extensions to themselves.
    trySocketOption(fd, level, extensions, 1)
    trySocketOption(fd, level, arrivalTtl, 1)
    trySocketOption(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1)
    trySocketOption(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    if (family === 6) {
      // The label of the packet, which the socket address brings, and none of the kernel's own.
      trySocketOption(fd, level, IPV6_AUTOFLOWLABEL, 0)
      trySocketOption(fd, level, IPV6_FLOWINFO_SEND, 1)
    }
    if (spec.details['bound'] === true) {
      const name = new TextEncoder().encode(`${spec.interfaceName}\0`)
      setSocketOption(fd, SOL_SOCKET, SO_BINDTODEVICE, name, 'SO_BINDTODEVICE')
    }
    const address = ownName(spec, port)
    if (libc().bind(fd, address, address.length) === 0) return makePortSocket(fd, port, family)
    const errno = libc().errno()
    if (errno === EACCES) {
      throw new InterplotError('ERR_RAW_PRIVILEGE', `the source port ${port} needs privileges`, {
        advice: 'Choose one above 1023, or run with sudo.',
      })
    }
    if (errno === EADDRNOTAVAIL) {
      throw new InterplotError('ERR_INTERFACE', `cannot send from the chosen source address: ${errnoText(errno)}`, {
        advice: 'Leave --source-ip out, or choose an address of this machine.',
      })
    }
    libc().close(fd)
    return null
  })
}
