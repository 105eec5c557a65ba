/**
 * The XDP link: the packet link, and beside its transmitter a generator that has the kernel make the probes itself, several
 * times as fast. Where the generator can't work the transmitter does.
 */

import { release } from 'node:os'
import type { Link, LinkKind, PacketGenerator } from './contract.ts'
import { libcUnavailable } from './libc.ts'
import { makeLinkHalves } from './link-halves.ts'
import { packetLink } from './packet-link.ts'
import { openXdpGenerator } from './xdp-generator.ts'

/** The first kernel with live frames. */
const LEAST_KERNEL = [5, 18] as const

/** Why a kernel of this release can't, or null. */
export const kernelUnavailable = (kernelRelease: string): string | null => {
  const [major = 0, minor = 0] = kernelRelease.split('.').map((part) => Number.parseInt(part, 10))
  const [leastMajor, leastMinor] = LEAST_KERNEL
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return null
  return `it needs Linux ${leastMajor}.${leastMinor} or newer, this is ${kernelRelease}`
}

export const xdpLink: LinkKind = {
  name: 'xdp',
  help: 'probes made by the kernel (XDP live frames): the fastest, where the interface takes them',
  needs: 'root or CAP_NET_RAW, CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON',
  threads: true,
  oneSender: "the interface's one counter has to tell what has left",
  frames: true,
  unavailable: () => libcUnavailable() ?? kernelUnavailable(release()),

  resolve: async (options) => ({ ...(await packetLink.resolve(options)), link: 'xdp' }),

  open(spec, options): Link {
    const link = packetLink.open(spec, options)
    const { keep, close } = makeLinkHalves()
    return {
      ...link,
      openGenerator: (generator): PacketGenerator => keep(openXdpGenerator(spec, generator)),
      async close() {
        await close()
        await link.close()
      },
    }
  },
}
