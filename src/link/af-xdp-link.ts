/**
 * The AF_XDP link: the packet link with another way to send, through an AF_XDP socket in copy mode. Where the interface has no
 * queue for it the packet link's transmitter does the work, and says why.
 */

import { release } from 'node:os'
import { InterplotError } from '../core/errors.ts'
import { openAfXdpTransmitter } from './af-xdp-transmitter.ts'
import type { Link, LinkKind, LinkSpec } from './contract.ts'
import { interfaceState } from './interface-state.ts'
import { libcUnavailable } from './libc.ts'
import { makeLinkHalves } from './link-halves.ts'
import { ethernetHeaderOf, packetDetails } from './packet-details.ts'
import { packetLink } from './packet-link.ts'

/** AF_XDP came with Linux 4.18; its socket options took their present form in 5.4. */
const LEAST_KERNEL = [5, 4] as const

const kernelUnavailable = (): string | null => {
  const [major = 0, minor = 0] = release()
    .split('.')
    .map((part) => Number.parseInt(part, 10))
  const [leastMajor, leastMinor] = LEAST_KERNEL
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return null
  return `it needs Linux ${leastMajor}.${leastMinor} or newer, this is ${release()}`
}

/** The header of every frame. @throws InterplotError ERR_LINK_UNAVAILABLE where there is none. */
const headerFor = (spec: LinkSpec): Uint8Array => {
  const details = packetDetails(spec)
  const own = details.sourceMac === '' ? (interfaceState(details.interfaceIndex)?.linkAddress ?? '') : details.sourceMac
  const header = details.sendPath === 'frames' ? ethernetHeaderOf({ ...details, sourceMac: own }) : null
  if (header !== null) return header
  throw new InterplotError('ERR_LINK_UNAVAILABLE', `${spec.interfaceName} has no one gateway to send frames to`)
}

export const afXdpLink: LinkKind = {
  name: 'af-xdp',
  help: 'an AF_XDP socket for each sender (copy mode): less work a packet, where the interface has a queue for it',
  needs: 'root or CAP_NET_RAW',
  threads: true,
  frames: true,
  unavailable: () => libcUnavailable() ?? kernelUnavailable(),

  resolve: async (options) => ({ ...(await packetLink.resolve(options)), link: 'af-xdp' }),

  open(spec, options): Link {
    const link = packetLink.open(spec, options)
    const { keep, close } = makeLinkHalves()
    return {
      ...link,
      openTransmitter(transmitter) {
        try {
          return keep(openAfXdpTransmitter(spec, headerFor(spec), transmitter, options))
        } catch (error) {
          if (!(error instanceof InterplotError) || error.code !== 'ERR_LINK_UNAVAILABLE') throw error
          return {
            ...link.openTransmitter(transmitter),
            note: `the packet link sends instead of AF_XDP: ${error.message}`,
          }
        }
      },
      async close() {
        await close()
        await link.close()
      },
    }
  },
}
