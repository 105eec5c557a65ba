/** A scan as zmap's command line, in the words of the zmap that is installed. What that one cannot do is an error, not silence. */

import { InterplotError } from '../core/errors.ts'
import { formatIpv4, type Ipv4 } from '../core/ip.ts'
import type { ZmapDialect } from './zmap-dialect.ts'

export interface ZmapScan {
  /** zmap's name of the probe module. */
  module: string
  moduleArgs: string | null
  /** Ascending; empty for modules without ports. */
  ports: readonly number[]
  /** Paths: the prefixes to scan, an empty file, and where zmap writes. */
  allowlistFile: string
  emptyFile: string
  statusFile: string
  metadataFile: string
  /** In zmap's spelling. */
  fields: readonly string[]
  ratePps: number
  copies: number
  cooldownUs: number
  seed: number
  shard: number
  shards: number
  limit?: number
  maxRuntimeUs?: number
  retries?: number
  batch?: number
  senders: number
  cores: readonly number[]
  probeTtl: number
  validatesPort: boolean
  sourceAddresses: readonly Ipv4[]
  sourcePorts: { first: number; last: number }
  interfaceName: string
  /** Empty: the interface's packets have no Ethernet header. Null: zmap finds it. */
  gatewayMac: string | null
}

/** zmap's own default: where it is wanted nothing need be said, and 2.x has no option for it. */
const DEFAULT_TTL = 255
/** Every reply: without a filter some versions print successes only. */
const EVERY_REPLY = 'success = 0 || success = 1'

const refuse = ({ version }: ZmapDialect, what: string, advice: string): never => {
  throw new InterplotError('ERR_USAGE', `zmap ${version} ${what}`, { advice })
}

const LEAVE_OUT = 'Leave it out, or leave --engine out: interplot can.'

/** `80,443,8000-8010` */
const portText = (ports: readonly number[]): string => {
  const parts: string[] = []
  for (let from = 0, to = 0; from < ports.length; from = to) {
    for (to = from + 1; to < ports.length && ports[to] === ports[to - 1]! + 1; ) to += 1
    parts.push(to - from === 1 ? `${ports[from]}` : `${ports[from]}-${ports[to - 1]}`)
  }
  return parts.join(',')
}

const sourceText = (dialect: ZmapDialect, addresses: readonly Ipv4[]): string => {
  const [first, ...others] = addresses
  const last = addresses.at(-1)!
  if (others.length === 0) return formatIpv4(first!)
  if (addresses.every((address, index) => address === first! + index))
    return `${formatIpv4(first!)}-${formatIpv4(last)}`
  if (dialect.major < 3) refuse(dialect, 'takes source addresses as one range only', 'Give --source-ip one range.')
  return addresses.map(formatIpv4).join(',')
}

/** The name that this zmap knows an option by, of several. */
const nameOf = (dialect: ZmapDialect, names: readonly string[]): string => {
  const found = names.find((name) => dialect.options.has(name))
  return found ?? refuse(dialect, `has no --${names[0]}`, LEAVE_OUT)
}

/** Probes of this many ports in one run. */
export const takesSeveralPorts = (dialect: ZmapDialect): boolean => dialect.options.has('target-ports')

/** @throws InterplotError ERR_USAGE for what this zmap cannot do. */
const checkAbilities = (dialect: ZmapDialect, scan: ZmapScan): void => {
  if (scan.ports.length > 1 && !takesSeveralPorts(dialect)) refuse(dialect, 'scans one port at a time', LEAVE_OUT)
  const isTcp = scan.module.startsWith('tcp_')
  const takesOptionSets = dialect.major > 4 || (dialect.major === 4 && dialect.minor >= 1)
  if (isTcp && scan.moduleArgs !== null && !takesOptionSets) refuse(dialect, 'has no --probe-args for TCP', LEAVE_OUT)
}

/** Pairs of an option's names, ours first, and its value; null: nothing is said. */
const settings = (dialect: ZmapDialect, scan: ZmapScan): [readonly string[], string | null][] => {
  const seconds = (us: number): string => String(Math.ceil(us / 1e6))
  // Before 3.0 a rate counts targets, however many probes each gets.
  const rate = scan.ratePps / (dialect.major < 3 ? scan.copies : 1)
  return [
    [['target-ports', 'target-port'], scan.ports.length === 0 ? null : portText(scan.ports)],
    [['probe-args'], scan.moduleArgs],
    [['rate'], String(Math.max(1, Math.round(rate)))],
    [['probes'], String(scan.copies)],
    [['cooldown-time'], seconds(scan.cooldownUs)],
    [['seed'], String(scan.seed)],
    [['shards'], scan.shards === 1 ? null : String(scan.shards)],
    [['shard'], scan.shards === 1 ? null : String(scan.shard)],
    [['max-targets'], scan.limit === undefined ? null : String(scan.limit)],
    [['max-runtime'], scan.maxRuntimeUs === undefined ? null : seconds(scan.maxRuntimeUs)],
    [['retries'], scan.retries === undefined ? null : String(scan.retries)],
    [['batch'], scan.batch === undefined ? null : String(scan.batch)],
    [['sender-threads'], String(scan.senders)],
    [['cores'], scan.cores.length === 0 ? null : scan.cores.join(',')],
    [['probe-ttl'], scan.probeTtl === DEFAULT_TTL && !dialect.options.has('probe-ttl') ? null : String(scan.probeTtl)],
    [['validate-source-port'], scan.validatesPort ? null : 'disable'],
    [['interface'], scan.interfaceName],
    [['source-ip'], sourceText(dialect, scan.sourceAddresses)],
    [['source-port'], `${scan.sourcePorts.first}-${scan.sourcePorts.last}`],
    [['gateway-mac'], scan.gatewayMac || null],
  ]
}

/** @throws InterplotError ERR_USAGE for what this zmap cannot do. */
export const zmapArguments = (dialect: ZmapDialect, scan: ZmapScan): string[] => {
  checkAbilities(dialect, scan)
  // An own, empty configuration: the system's names a blocklist, and the selection here is already whole.
  const args = ['--config', scan.emptyFile, '--probe-module', scan.module]
  args.push(`--${nameOf(dialect, ['allowlist-file', 'whitelist-file'])}`, scan.allowlistFile)
  args.push(`--${nameOf(dialect, ['blocklist-file', 'blacklist-file'])}`, scan.emptyFile)
  for (const [names, value] of settings(dialect, scan)) {
    if (value !== null) args.push(`--${nameOf(dialect, names)}`, value)
  }
  if (scan.gatewayMac === '') args.push(`--${nameOf(dialect, ['iplayer', 'vpn'])}`)
  args.push('--output-module', 'csv', '--output-fields', scan.fields.join(','), '--output-filter', EVERY_REPLY)
  args.push('--output-file', '-', '--status-updates-file', scan.statusFile, '--metadata-file', scan.metadataFile)
  return [...args, '--disable-syslog', '--quiet']
}
