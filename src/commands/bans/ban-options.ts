/** Options of `interplot bans`, and what is wrong with them before any work. */

import { InterplotError } from '../../core/errors.ts'
import type { Point } from '../../core/great-circle.ts'
import type { BanSelection } from '../../store/ban-reader.ts'
import { parseCountries } from '../../targets/region-syntax.ts'
import { checkServeOptions, type ServeOptions } from '../live-map/serve-options.ts'
import { timeOption } from '../render/map-query.ts'
import type { SourceOptions } from './ban-sources.ts'

export interface BanImportOptions extends SourceOptions {
  sources: string[]
  /** False: no results file. */
  db?: string | false
  /** Of everything that is read. */
  host?: string
  keep?: number
  json?: boolean
  quiet?: boolean
}

export interface BansOptions extends Omit<BanImportOptions, 'host' | 'db'>, ServeOptions {
  db?: string | false
  /** Of the report; several. With sources: the one that they are of. */
  host?: string[]
  paste?: boolean
  since?: string
  until?: string
  jail?: string[]
  country?: string[]
  top: number
  csv?: boolean
  database?: string[]
  map?: string
  style?: string
  colorBy?: 'jail' | 'host' | 'country' | 'asn'
  animate?: string
  /** False: the next report tells of the same as new. */
  remember?: boolean
  follow?: boolean
  every?: number
  /** Of the live map: where arcs end. */
  home?: Point
}

const refuse = (what: string, advice: string): never => {
  throw new InterplotError('ERR_USAGE', what, { advice })
}

/** @throws InterplotError ERR_USAGE */
export const checkBansOptions = (options: BansOptions): void => {
  const { sources, paste, json, csv, db, follow, host, map, style, colorBy, animate, every, rotated } = options
  if (json === true && csv === true) refuse('--json and --csv exclude each other', 'Leave one of them out.')
  if (paste === true && sources.length > 0) refuse('--paste is a source by itself', 'Leave the others out.')
  if (paste === true && options.format !== undefined) refuse('--paste says the format already', 'Leave --format out.')
  const reads = sources.length > 0 || paste === true
  if (db === false && !reads) refuse('--no-db without a source: there is nothing to report', 'Name a source.')
  if (reads && (host?.length ?? 0) > 1) {
    refuse('what is read is of one server', 'Give --host once, or import each server by itself.')
  }
  if (map === undefined && [style, colorBy, animate].some((each) => each !== undefined)) {
    refuse('--style, --color-by and --animate are for maps', 'Add --map attackers.png.')
  }
  if (map === '-') refuse('--map wants a file: the report is on standard output', 'Like --map attackers.png')
  if (follow !== true && every !== undefined) refuse('--every is for --follow', 'Add --follow.')
  if (follow === true && paste === true) refuse('--follow follows logs, not pasted text', 'Leave one of them out.')
  if (follow === true && rotated === true)
    refuse('--follow goes on with the log itself', 'Import with --rotated first.')
  if (follow === true && [map, csv].some((each) => each !== undefined)) {
    refuse('--follow prints bans as they come, and no report', 'Leave out --map and --csv.')
  }
  checkServeOptions(options)
  if (options.serve === true && follow !== true) refuse('--serve shows bans as they come', 'Add --follow.')
  if (options.home !== undefined && options.serve !== true) refuse('--home is for --serve', 'Add --follow --serve.')
  for (const [name, given] of [
    ['--format', options.format],
    ['--time-zone', options.timeZone],
    ['--rotated', rotated],
    ['--attempts', options.attempts],
  ] as const) {
    if (given !== undefined && !reads && follow !== true) refuse(`${name} is for sources`, 'Name one.')
  }
}

/** What the report is of. @throws InterplotError ERR_USAGE, ERR_UNKNOWN_NAME */
export const banSelection = ({ since, until, jail, host, country }: BansOptions): BanSelection => {
  const selection: BanSelection = {
    ...(since === undefined ? {} : { sinceUs: timeOption('--since')(since) }),
    ...(until === undefined ? {} : { untilUs: timeOption('--until')(until) }),
    ...(jail === undefined ? {} : { jails: jail }),
    ...(host === undefined ? {} : { hosts: host }),
    ...(country === undefined ? {} : { countries: [...parseCountries(country, '--country')].sort() }),
  }
  if (selection.sinceUs !== undefined && selection.untilUs !== undefined && selection.sinceUs >= selection.untilUs) {
    refuse('--since is not before --until', 'Give the earlier time to --since.')
  }
  return selection
}
