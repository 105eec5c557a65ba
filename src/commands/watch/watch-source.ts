/** From the person's words to a source of connections. */

import { constants, readFileSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { systemClock } from '../../core/clock.ts'
import { fileError, InterplotError } from '../../core/errors.ts'
import type { IpAddress } from '../../core/ip.ts'
import { listAddresses } from '../../link/interface-addresses.ts'
import { libcUnavailable } from '../../link/libc.ts'
import { LocalNetworks } from '../../sources/flows/local-networks.ts'
import { connectionTables } from '../../sources/tables/index.ts'
import { captureFileSource } from './capture-file-source.ts'
import { captureThread } from './capture-thread.ts'
import type { ConnectionSource } from './connection-source.ts'
import { flowPlan, networksOf } from './flow-options.ts'
import { tableSource } from './table-source.ts'
import { frameTest, liveProgram, usualFilter } from './watch-filter.ts'
import { isTable, type WatchOptions } from './watch-options.ts'

/** Headers with options and extensions, and as much of a ClientHello as one packet holds; names need it. */
const SNAP_WITH_NAMES = 2048
const SNAP_WITHOUT_NAMES = 192
const ANY = 'any'

const ownAddresses = (): IpAddress[] =>
  process.platform === 'linux' && libcUnavailable() === null ? listAddresses().map(({ address }) => address) : []

const isForwarding = (): boolean =>
  ['ipv4/ip_forward', 'ipv6/conf/all/forwarding'].some((name) => {
    try {
      return readFileSync(`/proc/sys/net/${name}`, 'utf8').trim() === '1'
    } catch {
      return false
    }
  })

/** What containers and virtual machines on the same machine are connected by: with them, a laptop forwards, and is no gateway. */
const INNER_INTERFACES = /^(?:lo|docker|br-|veth|virbr|lxc|lxd|cni|podman|flannel|cali|vmnet|vboxnet|tap)/

/** Whether this machine passes on packets of others: it forwards, between two networks at least (ip-sysctl: ip_forward). */
const isGateway = (): boolean =>
  isForwarding() && Object.keys(networkInterfaces()).filter((name) => !INNER_INTERFACES.test(name)).length > 1

export interface SourceNeeds {
  options: WatchOptions
  /** Somebody looks on while it goes on. */
  isShown: boolean
  /** Of the live map, where it is served. */
  servesPort: number | null
  dropPrivileges: boolean
  /** Called when a live capture's sockets are open. */
  onOpen(): void
  /** What was decided for the person. */
  onNote(line: string): void
}

/** On a gateway its own connections would be everybody's once more, behind its address. */
const leavesSelfOut = ({ includeSelf }: WatchOptions, onNote: SourceNeeds['onNote']): boolean => {
  if (includeSelf !== undefined) return !includeSelf
  if (!isGateway()) return false
  onNote('This machine forwards packets: its own connections are left out (--include-self shows them)')
  return true
}

const liveSource = async ({
  options,
  servesPort,
  dropPrivileges,
  onOpen,
  onNote,
}: SourceNeeds): Promise<ConnectionSource> => {
  if (process.platform !== 'linux' || libcUnavailable() !== null) {
    throw new InterplotError('ERR_LINK_UNAVAILABLE', 'live captures need Linux', {
      advice: 'Read one of tcpdump’s: tcpdump -i any -w - | interplot watch -',
    })
  }
  const { interface: interfaces = [ANY], ringSize } = options
  const isAny = interfaces.includes(ANY)
  const filter = options.defaultFilter === false ? null : (options.filter ?? usualFilter(isAny, servesPort))
  const own = ownAddresses()
  const snapBytes = options.names === false ? SNAP_WITHOUT_NAMES : SNAP_WITH_NAMES
  return captureThread({
    title: isAny ? 'all interfaces' : interfaces.join(', '),
    filter,
    ownAddresses: own,
    plan: flowPlan({ ...options, includeSelf: !leavesSelfOut(options, onNote) }, own),
    capture: {
      ...{ interfaces, snapBytes, promiscuous: options.promiscuous === true },
      program: filter === null ? [] : await liveProgram(filter, snapBytes),
      ...(ringSize === undefined ? {} : { ringBytes: ringSize << 20 }),
    },
    ...{ dropPrivileges, onOpen },
  })
}

const kernelTable = (name: string, { options, onNote }: SourceNeeds): ConnectionSource => {
  const kind = connectionTables.get(name)
  const own = ownAddresses()
  const left = kind.hasForwarded && leavesSelfOut(options, onNote) ? new LocalNetworks(networksOf([], own)) : null
  const inside = new LocalNetworks(flowPlan(options, own).local)
  const loopback = new LocalNetworks(networksOf(['127.0.0.0/8', '::1'], []))
  return tableSource({
    ...{ title: kind.title, ownAddresses: own },
    open: () => kind.open({ clock: systemClock, isLocal: (address) => inside.hasAddress(address) }),
    // What a machine says to itself is on no map.
    isLeftOut: ({ local, remote }) =>
      loopback.hasAddress(remote) || left?.hasAddress(local) === true || left?.hasAddress(remote) === true,
  })
}

/** @throws InterplotError for what cannot be watched here */
export const watchSource = async (needs: SourceNeeds): Promise<ConnectionSource> => {
  const { options, isShown } = needs
  const { source, speed } = options
  if (source === undefined) return await liveSource(needs)
  if (isTable(source)) return kernelTable(source, needs)
  if (source !== '-') {
    await access(source, constants.R_OK).catch((cause: unknown) => {
      throw fileError('ERR_INPUT_FILE', source, cause)
    })
  }
  // A pipe is most often another machine's live capture, and comes over ssh.
  const usual = source === '-' && options.defaultFilter !== false ? usualFilter(false, null) : null
  const filter = options.filter ?? usual
  return captureFileSource({
    ...{ path: source, filter, isShown },
    plan: flowPlan(options, []),
    ...(filter === null ? {} : { passes: frameTest(filter) }),
    ...(speed === undefined ? {} : { speed }),
  })
}
