/**
 * The raw link: the npm package raw-socket, for systems where the packet link does not work. Slow (one system call and one
 * turn of the event loop a packet, some tens of thousands of packets a second) but it asks nothing of the system except raw
 * sockets. The system's own routing chooses the way.
 */

import { createSocket } from 'node:dgram'
import { networkInterfaces } from 'node:os'
import { InterplotError } from '../core/errors.ts'
import { formatIpv4, type Ipv4, ipv4, parseIpv4 } from '../core/ip.ts'
import type { Link, LinkKind, LinkOptions } from './contract.ts'
import { refuseIpv6 } from './family.ts'
import { linkClock, roughEpochOffsetUs } from './link-clock.ts'
import { makeLinkHalves } from './link-halves.ts'
import { openRawSocket, rawPackageUnavailable } from './raw-package.ts'
import { openRawReceiver } from './raw-receiver.ts'
import { openRawTransmitter } from './raw-transmitter.ts'

/** TEST-NET-2 (RFC 5737): asks for the way to anywhere. Nothing is sent there. */
const ANYWHERE = ipv4(0xc6336401)
const DISCARD_PORT = 9
/** What every way has room for; Node.js does not tell an interface's own. */
const ETHERNET_MTU = 1500
const ICMP = 1

/** Every IPv4 address of this machine with its interface's name. */
const ownAddresses = (): { interfaceName: string; address: Ipv4 }[] =>
  Object.entries(networkInterfaces()).flatMap(([interfaceName, entries]) =>
    (entries ?? []).flatMap(({ family, address: text }) => {
      const address = family === 'IPv4' ? parseIpv4(text) : null
      return address === null ? [] : [{ interfaceName, address }]
    }),
  )

/** The address that the system would send from; connecting a UDP socket asks for the route and sends nothing. */
const sourceTowards = (target: Ipv4): Promise<Ipv4> =>
  new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    const fail = (cause: unknown): void => {
      socket.close()
      reject(
        new InterplotError('ERR_NO_ROUTE', `there is no route to ${formatIpv4(target)}`, {
          advice: 'Connect this machine to a network, or name the way out with --interface and --source-ip.',
          cause,
        }),
      )
    }
    socket.once('error', fail)
    socket.connect(DISCARD_PORT, formatIpv4(target), () => {
      const source = parseIpv4(socket.address().address)
      if (source === null) return fail(new Error('no IPv4 source address'))
      socket.close()
      resolve(source)
    })
  })

const onInterface = (name: string): Ipv4 => {
  const own = ownAddresses()
  const found = own.find(({ interfaceName }) => interfaceName === name)
  if (found !== undefined) return found.address
  const names = [...new Set(own.map(({ interfaceName }) => interfaceName))].join(', ')
  throw new InterplotError('ERR_INTERFACE', `no interface "${name}" is up with an IPv4 address`, {
    advice: `There are: ${names}.`,
  })
}

const findSource = async ({ interfaceName, sourceAddress, sampleTarget }: LinkOptions): Promise<Ipv4> => {
  const onNamed = interfaceName === undefined ? undefined : onInterface(interfaceName)
  return sourceAddress ?? onNamed ?? (await sourceTowards(sampleTarget ?? ANYWHERE))
}

export const rawLink: LinkKind = {
  name: 'raw',
  help: 'the raw-socket package: slower, one packet a call, for systems without Linux packet sockets',
  needs: 'root or CAP_NET_RAW; the optional npm package raw-socket',
  threads: false,
  frames: false,
  unavailable() {
    return process.platform === 'win32' ? 'Windows forbids raw TCP packets' : rawPackageUnavailable()
  },

  async resolve(options) {
    refuseIpv6('raw', options)
    openRawSocket(ICMP, 64).close()
    const sourceAddress = await findSource(options)
    const own = ownAddresses().find(({ address }) => address === sourceAddress)
    return {
      link: 'raw',
      sourceAddress,
      interfaceName: options.interfaceName ?? own?.interfaceName ?? 'any',
      mtu: ETHERNET_MTU,
      details: { bound: options.interfaceName !== undefined, epochOffsetUs: roughEpochOffsetUs() },
    }
  },

  open(spec, { mayBlock }): Link {
    const { epochOffsetUs } = spec.details
    if (mayBlock) throw new InterplotError('ERR_INTERNAL', 'the raw link needs its event loop; it cannot block')
    if (typeof epochOffsetUs !== 'number') {
      throw new InterplotError('ERR_INTERNAL', `a link spec of "${spec.link}" was given to the raw link`)
    }
    const clock = linkClock(epochOffsetUs, false)
    const { keep, close } = makeLinkHalves()
    return {
      spec,
      clock,
      openTransmitter: (options) => keep(openRawTransmitter(spec, options)),
      openReceiver: (options) => keep(openRawReceiver(clock, options)),
      close,
    }
  },
}
