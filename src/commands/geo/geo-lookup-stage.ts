/** The work of `interplot geo lookup`: where addresses are, each with the network for which that holds. */

import { InterplotError } from '../../core/errors.ts'
import { formatIp, type IpAddress, type Ipv6, ipv4, isIpv4, parseIp } from '../../core/ip.ts'
import type { Value } from '../../core/reply-field.ts'
import { lineBatchesOf } from '../../core/text-lines.ts'
import { formatCount } from '../../core/units.ts'
import { databaseFromFile } from '../../geo/database.ts'
import { defaultLocator } from '../../geo/default-locator.ts'
import { type Located, type Locator, makeLocator } from '../../geo/locator.ts'
import { outputFormats } from '../../output/index.ts'
import { openSink, type Sink } from '../../output/sink.ts'
import { makeTerminal } from '../terminal.ts'
import { PLACE_VALUES } from './place-table.ts'

export interface LookupOptions {
  database?: string[]
  outputModule: string
}

const DETAILS = [
  ...(['location', 'latitude', 'longitude', 'accuracy_km', 'country_code', 'country', 'region', 'city'] as const),
  ...(['asn', 'as_organization'] as const),
] as const
const FIELDS = ['address', 'network', ...DETAILS] as const

const networkOf = (address: IpAddress, bits: number): string => {
  if (isIpv4(address)) return `${formatIp(ipv4(bits === 0 ? 0 : (address & (-1 << (32 - bits))) >>> 0))}/${bits}`
  const host = BigInt(128 - bits)
  return `${formatIp(((address >> host) << host) as Ipv6)}/${bits}`
}

const valuesOf = (address: IpAddress, { place, prefixBits }: Located): Value[] => [
  formatIp(address),
  networkOf(address, prefixBits),
  ...DETAILS.map((field) => PLACE_VALUES[field](place)),
]

const INPUT = 'standard input'
const PROBLEMS_SHOWN = 10

interface Counts {
  missing: number
  wrong: number
}

const lookUpLines = async (locator: Locator, row: (values: Value[]) => string, sink: Sink): Promise<Counts> => {
  const counts = { missing: 0, wrong: 0 }
  const terminal = makeTerminal()
  for await (const lines of lineBatchesOf(process.stdin, INPUT)) {
    let text = ''
    for (const { line, number } of lines) {
      const address = parseIp(line.trim())
      if (address === null) {
        counts.wrong += 1
        const shown = JSON.stringify(line.trim().slice(0, 60))
        if (counts.wrong <= PROBLEMS_SHOWN) terminal.note(`${INPUT}:${number}: not an IP address: ${shown}`)
        continue
      }
      const located = locator.locate(address)
      if (located.place === null) counts.missing += 1
      text += row(valuesOf(address, located))
    }
    await sink.write(text)
    await sink.flush()
    if (sink.consumerGone) break
  }
  if (counts.wrong > 0) terminal.note(`lines of ${INPUT} that are no addresses: ${formatCount(counts.wrong)}`)
  return counts
}

const parseAll = (texts: readonly string[]): IpAddress[] =>
  texts.map((text) => {
    const address = parseIp(text)
    if (address !== null) return address
    throw new InterplotError('ERR_USAGE', `"${text}" is not an IP address`, {
      advice: 'Write it like 192.0.2.1 or 2001:db8::1; - reads addresses from standard input, one a line.',
    })
  })

/** @returns 0, or 1 when nothing is known of an address or a line is none. @throws InterplotError. */
export const lookup = async (texts: readonly string[], options: LookupOptions): Promise<number> => {
  const fromInput = texts.length === 1 && texts[0] === '-'
  const addresses = fromInput ? [] : parseAll(texts)
  const format = outputFormats.get(options.outputModule === 'table' ? 'text' : options.outputModule)
  const locator =
    options.database === undefined ? defaultLocator().locator : makeLocator(options.database.map(databaseFromFile))
  const writer = format.open(FIELDS)
  const sink = await openSink('-')
  await sink.write(writer.header())
  let counts: Counts = { missing: 0, wrong: 0 }
  if (fromInput) counts = await lookUpLines(locator, (values) => writer.row(values), sink)
  let text = ''
  for (const address of addresses) {
    const located = locator.locate(address)
    if (located.place === null) counts.missing += 1
    text += writer.row(valuesOf(address, located))
  }
  await sink.write(text + writer.end())
  await sink.close()
  return counts.missing + counts.wrong > 0 ? 1 : 0
}
