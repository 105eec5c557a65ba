/**
 * The raw link: the npm package raw-socket, for systems where the packet link does not work. Slow (one system call and one
 * turn of the event loop a packet, some tens of thousands of packets a second) but it asks nothing of the system except raw
 * sockets. The system's own routing chooses the way. IPv6 on Linux alone: elsewhere raw IPv6 sockets take no whole packets.
 */

import { createSocket } from 'node:dgram'
import { networkInterfaces } from 'node:os'
import { InterplotError } from '../core/errors.ts'
import { formatIp, type IpAddress, ipv4, isIpv4, parseIp, parseIpv6 } from '../core/ip.ts'
import type { Link, LinkKind, LinkOptions } from './contract.ts'
import { refuseIpv6, wantsIpv6 } from './family.ts'
import { linkClock, roughEpochOffsetUs } from './link-clock.ts'
import { makeLinkHalves } from './link-halves.ts'
import { openRawSocket, rawPackageUnavailable } from './raw-package.ts'
import { openRawReceiver } from './raw-receiver.ts'
import { openRawTransmitter } from './raw-transmitter.ts'

/** TEST-NET-2 (RFC 5737) and documentation (RFC 3849): ask for the way to anywhere. Nothing is sent there. */
const ANYWHERE = ipv4(0xc6336401)
const ANYWHERE6 = parseIpv6('2001:db8::1')!
const DISCARD_PORT = 9
/** What every way has room for; Node.js does not tell an interface's own. */
const ETHERNET_MTU = 1500
const ICMP = 1

/** Every address of a family that this machine has, with its interface's name; no link-local ones of IPv6. */
const ownAddresses = (family: 4 | 6): { interfaceName: string; address: IpAddress }[] =>
  Object.entries(networkInterfaces()).flatMap(([interfaceName, entries]) =>
    (entries ?? []).flatMap(({ address: text }) => {
      const address = parseIp(text)
      const fits = address !== null && isIpv4(address) === (family === 4) && !/^fe[89ab]/i.test(text)
      return fits ? [{ interfaceName, address }] : []
    }),
  )

/** The address that the system would send from; connecting a UDP socket asks for the route and sends nothing. */
const sourceTowards = (target: IpAddress): Promise<IpAddress> =>
  new Promise((resolve, reject) => {
    const socket = createSocket(isIpv4(target) ? 'udp4' : 'udp6')
    const fail = (cause: unknown): void => {
      socket.close()
      reject(
        new InterplotError('ERR_NO_ROUTE', `there is no route to ${formatIp(target)}`, {
          advice: 'Connect this machine to a network, or name the way out with --interface and --source-ip.',
          cause,
        }),
      )
    }
    socket.once('error', fail)
    socket.connect(DISCARD_PORT, formatIp(target), () => {
      const source = parseIp(socket.address().address)
      if (source === null || isIpv4(source) !== isIpv4(target)) return fail(new Error('no source address'))
      socket.close()
      resolve(source)
    })
  })

const onInterface = (name: string, family: 4 | 6): IpAddress => {
  const own = ownAddresses(family)
  const found = own.find(({ interfaceName }) => interfaceName === name)
  if (found !== undefined) return found.address
  const names = [...new Set(own.map(({ interfaceName }) => interfaceName))].join(', ')
  throw new InterplotError('ERR_INTERFACE', `no interface "${name}" is up with an IPv${family} address`, {
    advice: `There are: ${names}.`,
  })
}

const findSource = async (options: LinkOptions, family: 4 | 6): Promise<IpAddress> => {
  const { interfaceName } = options
  const onNamed = interfaceName === undefined ? undefined : onInterface(interfaceName, family)
  const chosen = family === 4 ? options.sourceAddress : options.sourceAddress6
  const target = family === 4 ? (options.sampleTarget ?? ANYWHERE) : (options.sampleTarget6 ?? ANYWHERE6)
  return chosen ?? onNamed ?? (await sourceTowards(target))
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
    if (process.platform !== 'linux') refuseIpv6('raw', options)
    const family = wantsIpv6(options) ? 6 : 4
    openRawSocket(ICMP, 64).close()
    const source = await findSource(options, family)
    const own = ownAddresses(family).find(({ address }) => address === source)
    return {
      link: 'raw',
      ...(isIpv4(source) ? { sourceAddress: source } : { sourceAddress: ipv4(0), sourceAddress6: source }),
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
      openReceiver: (options) => keep(openRawReceiver(spec, clock, options)),
      close,
    }
  },
}
