/** From the options to an exchange over a link of the right family. */

import { InterplotError } from '../../core/errors.ts'
import { formatIp, type IpAddress, type Ipv4, type Ipv6, isIpv4 } from '../../core/ip.ts'
import { randomSeed } from '../../core/random.ts'
import type { TargetBatch } from '../../core/target-batch.ts'
import type { Link, LinkKind, LinkSpec } from '../../link/contract.ts'
import { errorQueueLink } from '../../link/error-queue-link.ts'
import { type Exchange, openExchange } from '../../probe/trace/exchange.ts'
import type { FlightOptions } from '../../probe/trace/flight.ts'
import type { FlowRule, TraceKind } from '../../probe/trace/kinds/contract.ts'
import { traceKinds } from '../../probe/trace/kinds/index.ts'
import { leastPacketBytes } from '../../probe/trace/packet.ts'
import { selectAddresses } from '../../targets/selection.ts'
import { makeTargetSet, mintTarget } from '../../targets/target-set.ts'
import { makeTargetSet6, mintTarget6 } from '../../targets/target-set6.ts'
import { parseTargetFile } from '../../targets/target-syntax.ts'
import { chooseLink } from '../scan/link-choice.ts'
import { readListFile } from '../scan/target-selection.ts'
import type { TraceOptions } from './trace-options.ts'

export interface TraceWay {
  link: Link
  exchange: Exchange
  /** Kind of probe and flow rule. */
  method: string
  /** What the person should know: another link than the best was taken. */
  notes: string[]
  close(): Promise<void>
}

const DEFAULT_RATE_PPS = 2000

/** @throws InterplotError ERR_USAGE when several are asked for. */
export const kindOf = ({ icmp, udp, tcp }: TraceOptions): TraceKind => {
  const asked = [icmp === true && 'icmp', udp === true && 'udp', tcp === true && 'tcp'].filter((each) => each !== false)
  if (asked.length > 1) {
    throw new InterplotError('ERR_USAGE', `a trace sends one kind of probe, not ${asked.join(' and ')}`, {
      advice: 'Choose one of -I, -U and -T.',
    })
  }
  return traceKinds.get(asked[0] ?? 'icmp')
}

export const flightOf = (options: TraceOptions): Partial<FlightOptions> => ({
  ...(options.firstTtl === undefined ? {} : { firstTtl: options.firstTtl }),
  ...(options.maxTtl === undefined ? {} : { maxTtl: options.maxTtl }),
  ...(options.queries === undefined ? {} : { attempts: options.queries }),
  ...(options.window === undefined ? {} : { window: options.window }),
  ...(options.gapLimit === undefined ? {} : { gapLimit: options.gapLimit }),
  ...(options.flow === undefined ? {} : { flow: options.flow }),
  ...(options.wait === undefined
    ? {}
    : {
        timeoutUs: options.wait.maxUs,
        hereFactor: options.wait.hereFactor,
        nearFactor: options.wait.nearFactor,
      }),
})

/** Lets out what may be traced. @throws InterplotError ERR_TARGET_BLOCKED for a target on the blocklist. */
const mintFor = (
  targets: readonly IpAddress[],
  blocklistFile: string | undefined,
): ((address: IpAddress) => TargetBatch) => {
  const blocked = blocklistFile === undefined ? null : parseTargetFile(readListFile(blocklistFile), blocklistFile)
  const v4 = targets.filter(isIpv4)
  if (v4.length > 0) {
    const ranges = v4.map((address) => ({ first: address, last: address }))
    // Who names a target means it: private and other special-purpose addresses, too.
    const request = { targets: ranges, allowlist: null, blocklist: blocked?.ranges ?? [], opened: ranges }
    const set = makeTargetSet(selectAddresses(request).addresses, Uint16Array.of(0))
    return (address) => mintTarget(set, address as Ipv4)
  }
  const set = makeTargetSet6(
    targets.filter((each): each is Ipv6 => !isIpv4(each)),
    blocked?.ranges6 ?? [],
  )
  return (address) => mintTarget6(set, address as Ipv6)
}

/** What a trace goes over. */
interface ChosenWay {
  linkKind: LinkKind
  spec: LinkSpec
  kind: TraceKind
  rule: FlowRule
  notes: string[]
}

const WITHOUT_PRIVILEGES =
  'without root or CAP_NET_RAW: UDP probes through ordinary sockets, a flow each; no ICMP, no TCP, no constant flow'

/**
 * Without privileges: ordinary UDP sockets and their error queues. Each probe is a flow of its own there, because an answer that
 * quotes little names its probe by the port alone.
 * @throws refused where that cannot do what was asked for.
 */
const chooseUnprivileged = async (
  options: TraceOptions,
  target: IpAddress,
  refused: InterplotError,
): Promise<ChosenWay> => {
  const { icmp, tcp, rule, multipath, link, interface: interfaceName } = options
  const kind = traceKinds.get('udp')
  const refusable = [
    icmp === true && '-I',
    tcp === true && '-T',
    multipath === true && '--multipath',
    rule !== undefined && rule !== 'classic' && `--rule ${rule}`,
  ]
  const asked = refusable.find((each) => each !== false)
  if (link !== undefined || errorQueueLink.unavailable() !== null) throw refused
  if (asked !== undefined) {
    throw new InterplotError('ERR_RAW_PRIVILEGE', `${asked} needs root or CAP_NET_RAW`, {
      advice: 'Run with sudo, or leave it out: UDP probes of the classic kind work without.',
      cause: refused,
    })
  }
  const source = options.sourceIp
  const spec = await errorQueueLink.resolve({
    ...(isIpv4(target) ? { sampleTarget: target } : { sampleTarget6: target }),
    ...(interfaceName === undefined ? {} : { interfaceName }),
    ...(source === undefined ? {} : isIpv4(source) ? { sourceAddress: source } : { sourceAddress6: source }),
  })
  return { linkKind: errorQueueLink, spec, kind, rule: 'classic', notes: [WITHOUT_PRIVILEGES] }
}

/** @throws InterplotError, see openTraceWay. */
export const chooseWay = async (options: TraceOptions, target: IpAddress): Promise<ChosenWay> => {
  const kind = kindOf(options)
  try {
    const { sourceIp, ...way } = options
    const source = sourceIp === undefined ? {} : isIpv4(sourceIp) ? { sourceIp: [sourceIp] } : { sourceIp6: sourceIp }
    const wishes = { ...way, ...source }
    const { kind: linkKind, spec, notes } = await chooseLink(wishes, target)
    return { linkKind, spec, kind, rule: options.rule ?? 'paris', notes }
  } catch (error) {
    if (!(error instanceof InterplotError) || error.code !== 'ERR_RAW_PRIVILEGE') throw error
    return chooseUnprivileged(options, target, error)
  }
}

/**
 * @param targets at least one, all of which leave as the first does.
 * @param change stands between the exchange and the link.
 * @throws InterplotError ERR_RAW_PRIVILEGE, ERR_INTERFACE, ERR_NO_ROUTE, ERR_LINK_UNAVAILABLE, ERR_TARGET_BLOCKED, ERR_USAGE
 */
export const openTraceWay = async (
  targets: readonly IpAddress[],
  options: TraceOptions,
  change: (link: Link) => Link = (same) => same,
): Promise<TraceWay> => {
  const { sourceIp: source } = options
  if (source !== undefined && isIpv4(source) !== isIpv4(targets[0]!)) {
    throw new InterplotError(
      'ERR_USAGE',
      `${formatIp(source)} cannot be the source of packets to ${formatIp(targets[0]!)}`,
      {
        advice: 'Give a source address of the same family, or choose one with -4 or -6.',
      },
    )
  }
  const mint = mintFor(targets, options.blocklistFile)
  for (const target of targets) mint(target)
  const { linkKind, spec, kind, rule, notes } = await chooseWay(options, targets[0]!)
  checkPacketSize(options.packetSize, kind, targets[0]!, spec)
  const link = change(linkKind.open(spec, { mayBlock: linkKind.name === 'sim' }))
  const exchange = openExchange({
    link,
    kind,
    settings: {
      rule,
      destinationPort: options.port ?? kind.defaultPort,
      ...(options.sourcePort === undefined ? {} : { sourcePort: options.sourcePort }),
    },
    mint,
    seed: options.seed ?? randomSeed(),
    ratePps: options.rate ?? DEFAULT_RATE_PPS,
    ...(options.packetSize === undefined ? {} : { packetBytes: options.packetSize }),
    ...(options.tos === undefined ? {} : { tos: options.tos }),
    ...(options.dontFragment === undefined ? {} : { dontFragment: options.dontFragment }),
  })
  return {
    link,
    exchange,
    method: `${kind.name} ${rule}`,
    notes,
    async close() {
      await exchange.close()
      await link.close()
    },
  }
}

const checkPacketSize = (bytes: number | undefined, kind: TraceKind, target: IpAddress, { mtu }: LinkSpec): void => {
  if (bytes === undefined) return
  const least = leastPacketBytes(kind, target)
  if (bytes >= least && bytes <= mtu) return
  throw new InterplotError('ERR_USAGE', `${bytes} bytes are no size for this packet`, {
    advice: `${kind.name} probes to this target have ${least} to ${mtu} bytes.`,
  })
}
