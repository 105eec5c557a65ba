/** The work of `interplot geo region`: the prefixes of a region on standard output, how much it is on standard error. */

import { InterplotError } from '../../core/errors.ts'
import { formatIpv4 } from '../../core/ip.ts'
import { formatCount } from '../../core/units.ts'
import { outputFormats } from '../../output/index.ts'
import { openSink } from '../../output/sink.ts'
import { ALL_IPV4, forEachCidr, intersect, subtract } from '../../targets/cidr-set.ts'
import { SPECIAL_PURPOSE_SET } from '../../targets/special-purpose.ts'
import type { RegionOptions } from '../region-options.ts'
import { regionNote, selectRegion } from '../region-selection.ts'
import { makeTerminal } from '../terminal.ts'

export interface GeoRegionOptions extends RegionOptions {
  outputModule: string
  summary?: boolean
}

const FIELDS = ['prefix', 'first', 'last', 'addresses'] as const
const BLOCK_ROWS = 4096

/** @returns the exit code. @throws InterplotError as selectRegion does. */
export const region = async (options: GeoRegionOptions): Promise<number> => {
  const terminal = makeTerminal()
  const format = outputFormats.get(options.outputModule)
  const selected = selectRegion(options, terminal)
  if (selected === null) {
    throw new InterplotError('ERR_USAGE', 'no region is named', { advice: 'Name one, like --country AR.' })
  }
  const { addresses } = selected
  const sink = await openSink('-')
  // A list of prefixes for people and for other programs: in text, one a line and nothing else.
  const writer = options.outputModule === 'text' ? null : format.open(FIELDS)
  let rows = 0
  let text = writer?.header() ?? ''
  const pieces: string[] = []
  forEachCidr(addresses, (first, bits) => {
    rows += 1
    if (options.summary === true) return
    const prefix = `${formatIpv4(first)}/${bits}`
    const last = first + 2 ** (32 - bits) - 1
    text += writer?.row([prefix, formatIpv4(first), formatIpv4(last), last - first + 1]) ?? `${prefix}\n`
    if (rows % BLOCK_ROWS !== 0) return
    pieces.push(text)
    text = ''
  })
  if (options.summary !== true) {
    for (const piece of [...pieces, text + (writer?.end() ?? '')]) await sink.write(piece)
  }
  await sink.close()
  const allPublic = subtract(ALL_IPV4, SPECIAL_PURPOSE_SET)
  const inPublic = intersect(addresses, allPublic).size
  const share = ((100 * inPublic) / allPublic.size).toPrecision(3)
  terminal.note(regionNote(selected))
  terminal.note(
    `${formatCount(rows)} prefixes; ${formatCount(inPublic)} addresses are public, ${share}% of all public ones; ` +
      `${formatCount(addresses.size - inPublic)} are special-purpose and never probed unless opened`,
  )
  return 0
}
