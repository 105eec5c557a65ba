/** From target arguments and list files to the exact set of addresses: reads the files, resolves the host names. */

import { lookup } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { fileError, InterplotError } from '../core/errors.ts'
import { parseIpv4 } from '../core/ip.ts'
import type { AddressRange } from '../targets/cidr-set.ts'
import { type Selection, selectAddresses } from '../targets/selection.ts'
import { parseTargetArguments, parseTargetFile, type TargetList } from '../targets/target-syntax.ts'

export interface SelectionOptions {
  targets: readonly string[]
  allowlistFile?: string
  blocklistFile?: string
  /** Special-purpose prefixes to open: `--allow-special`. */
  allowSpecial: readonly string[]
}

export interface NamedSelection extends Selection {
  /** Things worth telling: opened ranges, IPv6 lines passed over, what names resolved to. */
  notes: string[]
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

const readList = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw fileError('ERR_INPUT_FILE', path, error)
  }
}

const toRanges = async (list: TargetList, origin: string, notes: string[]): Promise<AddressRange[]> => {
  if (list.ipv6Count > 0) notes.push(`${origin}: ${list.ipv6Count} IPv6 items passed over (IPv4 is scanned)`)
  const resolved: AddressRange[] = []
  for (const name of list.hostNames) resolved.push(...(await resolveHost(name)))
  return [...list.ranges, ...resolved]
}

/** @throws InterplotError for unreadable files, lines, names, and targets that may not be probed. */
export const selectTargets = async (options: SelectionOptions): Promise<NamedSelection> => {
  const notes: string[] = []
  const file = async (path: string | undefined): Promise<AddressRange[] | null> =>
    path === undefined ? null : toRanges(parseTargetFile(readList(path), path), path, notes)
  const inLab = labNetworks()
  if (inLab.length > 0) notes.push(`in a lab: ${inLab.join(', ')} opened`)
  if (options.allowSpecial.length > 0) notes.push(`special-purpose ranges opened: ${options.allowSpecial.join(', ')}`)
  const opened = parseTargetArguments([...inLab, ...options.allowSpecial]).ranges
  const targets =
    options.targets.length === 0 ? null : await toRanges(parseTargetArguments(options.targets), 'targets', notes)
  const selection = selectAddresses({
    targets,
    allowlist: await file(options.allowlistFile),
    blocklist: (await file(options.blocklistFile)) ?? [],
    opened,
  })
  return { ...selection, notes }
}
