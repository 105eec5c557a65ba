/** From target arguments and list files to the exact set of addresses: reads the files, resolves the host names. */

import { lookup } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { fileError, InterplotError } from '../../core/errors.ts'
import { parseIpv4 } from '../../core/ip.ts'
import { formatCount } from '../../core/units.ts'
import { type AddressRange, type CidrSet, cidrSet } from '../../targets/cidr-set.ts'
import { type Selection, selectAddresses } from '../../targets/selection.ts'
import { parseTargetArguments, parseTargetFile, type TargetList } from '../../targets/target-syntax.ts'
import { fetchOptOut, isUrl } from './opt-out.ts'

export interface SelectionOptions {
  targets: readonly string[]
  /** Where addresses must be. */
  region?: CidrSet | null
  allowlistFile?: string
  blocklistFile?: string
  /** Files and URLs of lists of addresses to leave alone. */
  optOut?: readonly string[]
  /** Special-purpose prefixes to open: `--allow-special`. */
  allowSpecial: readonly string[]
  /** Pass over lines of the files that can't be read. */
  ignoreErrors?: boolean
}

export interface NamedSelection extends Selection {
  /** Things worth telling: opened ranges, IPv6 lines passed over, what names resolved to. */
  notes: string[]
  /** What the files hold, for the record; null = no file. */
  allowlist: CidrSet | null
  blocklist: CidrSet | null
}

/** The networks that `interplot lab run` put around this process, or none. */
const labNetworks = (): string[] => (process.env['INTERPLOT_LAB'] ?? '').split(',').filter((each) => each !== '')

const resolveHost = async (name: string): Promise<AddressRange[]> => {
  try {
    const found = await lookup(name, { family: 4, all: true })
    return found.flatMap(({ address }) => {
      const value = parseIpv4(address)
      return value === null ? [] : [{ first: value, last: value }]
    })
  } catch (error) {
    throw new InterplotError('ERR_HOST_NAME', `the host name ${name} has no IPv4 address`, {
      advice: 'Check its spelling and the network connection, or give an address.',
      cause: error,
    })
  }
}

/** @throws InterplotError ERR_INPUT_FILE */
export const readListFile = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw fileError('ERR_INPUT_FILE', path, error)
  }
}

const toRanges = async (list: TargetList, origin: string, notes: string[]): Promise<AddressRange[]> => {
  const ipv6Count = list.ranges6.length
  if (ipv6Count > 0) notes.push(`${origin}: ${ipv6Count} IPv6 items passed over (IPv4 is scanned)`)
  const resolved: AddressRange[] = []
  for (const name of list.hostNames) resolved.push(...(await resolveHost(name)))
  return [...list.ranges, ...resolved]
}

/** The ranges of a list file. @param lenient true to count, report and pass over what can't be read or resolved. */
const rangesOfFile = async (path: string, lenient: boolean, notes: string[]): Promise<AddressRange[]> => {
  const list = parseTargetFile(isUrl(path) ? await fetchOptOut(path) : readListFile(path), path, lenient)
  if (!lenient) return toRanges(list, path, notes)
  const [first] = list.invalid
  if (first !== undefined) {
    const count = list.invalid.length
    notes.push(`${path}: ${count} ${count === 1 ? 'line' : 'lines'} passed over, first ${first.line}: ${first.reason}`)
  }
  const ranges = [...list.ranges]
  for (const name of list.hostNames) {
    try {
      ranges.push(...(await resolveHost(name)))
    } catch (error) {
      if (!(error instanceof InterplotError)) throw error
      notes.push(`${path}: passed over: ${error.message}`)
    }
  }
  return toRanges({ ...list, ranges, hostNames: [] }, path, notes)
}

/** @throws InterplotError for unreadable files, lines, names, and targets that may not be probed. */
export const selectTargets = async (options: SelectionOptions): Promise<NamedSelection> => {
  const notes: string[] = []
  const file = async (path: string | undefined): Promise<AddressRange[] | null> =>
    path === undefined ? null : rangesOfFile(path, options.ignoreErrors === true, notes)
  const inLab = labNetworks()
  if (inLab.length > 0) notes.push(`in a lab: ${inLab.join(', ')} opened`)
  if (options.allowSpecial.length > 0) notes.push(`special-purpose ranges opened: ${options.allowSpecial.join(', ')}`)
  const opened = parseTargetArguments([...inLab, ...options.allowSpecial]).ranges
  const targets =
    options.targets.length === 0 ? null : await toRanges(parseTargetArguments(options.targets), 'targets', notes)
  const allowlist = await file(options.allowlistFile)
  const blocklistFile = await file(options.blocklistFile)
  const optedOut: AddressRange[] = []
  for (const place of options.optOut ?? []) {
    optedOut.push(...(await rangesOfFile(place, options.ignoreErrors === true, notes)))
    notes.push(`opt-out list ${place} honoured: ${formatCount(cidrSet(optedOut).size)} addresses`)
  }
  const blocklist = blocklistFile === null && optedOut.length === 0 ? null : [...(blocklistFile ?? []), ...optedOut]
  const selection = selectAddresses({
    targets,
    region: options.region ?? null,
    allowlist,
    blocklist: blocklist ?? [],
    opened,
  })
  return {
    ...selection,
    notes,
    allowlist: allowlist === null ? null : cidrSet(allowlist),
    blocklist: blocklist === null ? null : cidrSet(blocklist),
  }
}
