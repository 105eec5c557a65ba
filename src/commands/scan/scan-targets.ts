/** What a scan is about: the selection out of arguments and list files, and the targets that come of it with the ports. */

import { InterplotError } from '../../core/errors.ts'
import { type Ipv4, ipv4 } from '../../core/ip.ts'
import { intersect } from '../../targets/cidr-set.ts'
import { makePairSet, makeTargetSet, type TargetSet } from '../../targets/target-set.ts'
import { describeRegion, type RegionOptions } from '../region-options.ts'
import type { SelectedRegion } from '../region-selection.ts'
import type { Terminal } from '../terminal.ts'
import { readTargetList } from './target-list-file.ts'
import { type NamedSelection, selectTargets } from './target-selection.ts'

export interface ScanTargetOptions extends RegionOptions {
  targets: string[]
  targetPorts?: string
  probeModule?: string
  allowlistFile?: string
  blocklistFile?: string
  optOut?: string[]
  listOfIpsFile?: string
  ignoreBlocklistErrors?: boolean
  allowSpecial?: string[]
}

export interface ScanTargets {
  targets: TargetSet
  selection: NamedSelection
  /** One of them, for the route. */
  sample: Ipv4
  /** Null without one. */
  region: SelectedRegion | null
  /** The file of the pairs; null without pairs. */
  pairsFile: string | null
}

const refuse = (message: string, advice: string): never => {
  throw new InterplotError('ERR_USAGE', message, { advice })
}

/** The code that reads databases is loaded when a region is named, and not for every scan. */
const regionOf = async (options: RegionOptions, terminal: Terminal): Promise<SelectedRegion | null> => {
  if (describeRegion(options) === '' && options.database === undefined) return null
  const { regionNote, selectRegion } = await import('../region-selection.ts')
  const region = selectRegion(options, terminal)
  if (region !== null) terminal.note(regionNote(region))
  return region
}

/**
 * @param portsFor the ports of the probe module; called only when there are no pairs, which bring their own.
 * @param usesPorts whether the chosen module can probe pairs.
 * @throws InterplotError for everything that is wrong with targets, lists and ports.
 */
export const scanTargets = async (
  options: ScanTargetOptions,
  portsFor: () => Uint16Array,
  usesPorts: boolean,
  terminal: Terminal,
): Promise<ScanTargets> => {
  const { listOfIpsFile: path, ignoreBlocklistErrors: ignoreErrors = false } = options
  const region = await regionOf(options, terminal)
  const selection = await selectTargets({
    targets: options.targets,
    region: region?.addresses ?? null,
    ...(options.allowlistFile === undefined ? {} : { allowlistFile: options.allowlistFile }),
    ...(options.blocklistFile === undefined ? {} : { blocklistFile: options.blocklistFile }),
    optOut: options.optOut ?? [],
    allowSpecial: options.allowSpecial ?? [],
    ignoreErrors,
  })
  for (const note of selection.notes) terminal.note(note)
  if (path === undefined) {
    const targets = makeTargetSet(selection.addresses, portsFor())
    return { targets, selection, region, sample: ipv4(selection.addresses.firsts[0]!), pairsFile: null }
  }
  const list = await readTargetList({ path, ignoreErrors, allowed: selection.addresses, terminal })
  for (const note of list.notes) terminal.note(note)
  if (list.kind === 'addresses') {
    const addresses = intersect(list.addresses, selection.addresses)
    const targets = makeTargetSet(addresses, portsFor())
    const sample = ipv4(addresses.firsts[0]!)
    return { targets, selection: { ...selection, addresses }, region, sample, pairsFile: null }
  }
  if (options.targetPorts !== undefined) {
    refuse(`the lines of ${path} name ports, and so does --target-ports`, 'Leave --target-ports out.')
  }
  if (!usesPorts) {
    refuse(`the lines of ${path} name ports, and this probe module has none`, 'Choose --probe-module tcp-syn or udp.')
  }
  const targets = makePairSet(list.pairs, selection.addresses)
  return { targets, selection, region, sample: ipv4(list.pairs.addresses[0]!), pairsFile: path }
}
