/** The packet link: Linux's own packet sockets, in batches, several million packets a second on one machine. */

import type { Link, LinkKind } from './contract.ts'
import { wantsIpv6 } from './family.ts'
import { AF_PACKET, SOCK_DGRAM } from './kernel-constants.ts'
import { libc, libcUnavailable } from './libc.ts'
import { clockReader, linkClock } from './link-clock.ts'
import { makeLinkHalves } from './link-halves.ts'
import { packetDetails, packetDetailsRecord } from './packet-details.ts'
import { openPacketReceiver } from './packet-receiver.ts'
import { openPacketTransmitter } from './packet-transmitter.ts'
import { findWayOut } from './route.ts'
import { findWayOut6 } from './route6.ts'
import { openSocket } from './socket.ts'

/** @throws InterplotError ERR_RAW_PRIVILEGE before anything else is tried. */
const checkPrivilege = (): void => {
  libc().close(openSocket(AF_PACKET, SOCK_DGRAM, 0))
}

export const packetLink: LinkKind = {
  name: 'packet',
  help: 'Linux packet sockets, batched: the fastest that works on every interface',
  needs: 'root or CAP_NET_RAW',
  threads: true,
  frames: true,
  unavailable: libcUnavailable,

  async resolve(options) {
    checkPrivilege()
    const way = wantsIpv6(options) ? findWayOut6(options) : await findWayOut(options)
    const { interfaceName, sourceAddress, sourceAddress6, mtu, ...found } = way
    const { offsetUs: epochOffsetUs } = clockReader()()
    return {
      link: 'packet',
      sourceAddress,
      ...(sourceAddress6 === undefined ? {} : { sourceAddress6 }),
      interfaceName,
      mtu,
      details: packetDetailsRecord({ ...found, epochOffsetUs }),
    }
  },

  open(spec, options): Link {
    const { epochOffsetUs } = packetDetails(spec)
    const { keep, close } = makeLinkHalves()
    return {
      spec,
      clock: linkClock(epochOffsetUs, options.mayBlock),
      openTransmitter: (transmitter) => keep(openPacketTransmitter(spec, transmitter, options)),
      openReceiver: (receiver) => keep(openPacketReceiver(spec, receiver, options)),
      close,
    }
  },
}
