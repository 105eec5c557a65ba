/**
 * UDP probes without privileges: ordinary UDP sockets whose error queue tells which ICMP errors came for what was sent (ip(7) and
 * ipv6(7), IP_RECVERR; Linux). It takes and hands over whole IP packets like every link; what the kernel does between is undone.
 *
 * What it cannot do: nothing but UDP. The kernel writes the IPv4 identification, so that errors quote the one that the caller
 * wrote. It sees only errors that quote a probe of ours well enough for the kernel to find the socket: none about a probe that a
 * router changed (NAT), no duplicate answers from wrong ports, nothing spoofed. Errors that quote no payload tell probes apart by
 * their ports alone: probes in flight together need different ports. Of more than 256 source ports those that were used last are
 * heard. Extensions of ICMP errors (MPLS labels) come with Linux 5.9 and newer.
 */

import type { Link, LinkKind } from './contract.ts'
import { openErrorQueueReceiver } from './error-queue-receiver.ts'
import { openErrorQueueSockets } from './error-queue-sockets.ts'
import { openErrorQueueTransmitter } from './error-queue-transmitter.ts'
import { wantsIpv6 } from './family.ts'
import { libcUnavailable } from './libc.ts'
import { clockReader, linkClock } from './link-clock.ts'
import { makeLinkHalves } from './link-halves.ts'
import { findWayOut } from './route.ts'
import { findWayOut6 } from './route6.ts'
import { makeSentProbes } from './sent-probes.ts'

/** Not among the links that a person chooses from: it is what a trace without privileges falls back to. */
export const errorQueueLink: LinkKind = {
  name: 'error-queue',
  help: "Linux's UDP sockets with their error queues: UDP probes only, without privileges",
  needs: 'nothing',
  threads: false,
  frames: false,
  unavailable: libcUnavailable,

  async resolve(options) {
    const way = wantsIpv6(options) ? findWayOut6(options) : await findWayOut({ ...options, ipLayer: true })
    const { sourceAddress, sourceAddress6, interfaceName, interfaceIndex, mtu } = way
    const { offsetUs: epochOffsetUs } = clockReader()()
    return {
      link: 'error-queue',
      sourceAddress,
      ...(sourceAddress6 === undefined ? {} : { sourceAddress6 }),
      interfaceName,
      mtu,
      details: { interfaceIndex, bound: options.interfaceName !== undefined, epochOffsetUs },
    }
  },

  open(spec): Link {
    const clock = linkClock(Number(spec.details['epochOffsetUs']), false)
    const sockets = openErrorQueueSockets(spec)
    const probes = makeSentProbes()
    const { keep, close } = makeLinkHalves()
    return {
      spec,
      clock,
      openTransmitter: (options) => keep(openErrorQueueTransmitter(sockets, probes, spec, options)),
      openReceiver: (options) => keep(openErrorQueueReceiver(sockets, probes, spec, options)),
      async close() {
        await close()
        sockets.close()
      },
    }
  },
}
