/** The work of `interplot render`. */

import { extname } from 'node:path'
import { InterplotError } from '../../core/errors.ts'
import type { Point } from '../../core/great-circle.ts'
import { printableText } from '../../core/printable-text.ts'
import { countOf, formatCount, formatDuration } from '../../core/units.ts'
import type { Backend } from '../../render/backends/contract.ts'
import { backends } from '../../render/backends/index.ts'
import { countedWord, type MapData, type MapOptions } from '../../render/map-data.ts'
import { projections } from '../../render/projection/index.ts'
import { styles } from '../../render/styles/index.ts'
import { type TerminalLook, terminalPictureSize } from '../../render/terminal/look.ts'
import { lacksLetters } from '../../render/typeface-coverage.ts'
import { isResultsFile } from '../../store/results-file.ts'
import { DEFAULT_RESULTS_FILE } from '../default-results-file.ts'
import { checkOutput } from '../output-path.ts'
import { inputName, openInput } from '../standard-input.ts'
import { makeTerminal, quietTerminal, type Terminal } from '../terminal.ts'
import { allocatedByCountry } from './country-allocations.ts'
import { drawMap, readResults } from './map-drawing.ts'
import { refuseEventColours } from './map-events.ts'
import { readTableInput } from './map-input/table-input.ts'
import { tableMap } from './map-input/table-map.ts'
import type { InputData } from './map-points.ts'
import { type MapQuery, mapQuery, type QueryOptions } from './map-query.ts'
import { rankingLines, rankPoints, topOf } from './map-ranking.ts'
import { writeStatistics } from './map-statistics.ts'
import { openFile } from './open-file.ts'
import { checkConflicts } from './render-conflicts.ts'
import { type LookOptions, mapOptions } from './render-options.ts'
import { lookOfTerminal } from './terminal-graphics.ts'
import { addBackdrop, type TileOptions, tileOrder } from './tile-backdrop.ts'

export interface RenderOptions extends QueryOptions, LookOptions, TileOptions {
  file?: string
  outputFile: string
  format?: string
  open?: boolean
  top?: number
  statsJson?: string
  title?: string
  subtitle?: string
  /** False leaves the paths of traces out. */
  traces?: boolean
  quiet?: boolean
}

const readTable = async (
  path: string,
  query: MapQuery,
  { top, accuracy, labels }: RenderOptions,
  terminal: Terminal,
): Promise<InputData> => {
  const name = inputName(path)
  for (const [option, value] of [
    ['--run', query.run],
    ['--trace', query.traces],
    ['--mask-hops', query.maskHops],
    ['--bans', query.bans],
    ['--connections', query.connections],
  ] as const) {
    if (value !== undefined)
      throw new InterplotError('ERR_USAGE', `${option} is for results files, and ${name} is none`)
  }
  refuseEventColours(query.colourBy)
  const table = await readTableInput(openInput(path), name, query)
  const wishes = {
    ...{ top: top !== undefined, accuracy: accuracy === true },
    labels: labels !== undefined && labels !== false && labels !== 0,
  }
  const { notes, ...input } = tableMap(table, name, query, wishes)
  for (const note of notes) terminal.note(note)
  return input
}

const byExtension = (extension: string): Backend => {
  const found = backends.entries.find(({ extensions }) => extensions.includes(extension))
  if (found !== undefined) return found
  const known = backends.entries.flatMap(({ extensions }) => extensions).join(', ')
  throw new InterplotError('ERR_UNKNOWN_NAME', `no map is written into files named *${extension}`, {
    advice: `Known: ${known}. Or say which with --format.`,
  })
}

/** What the format or the file's name asks for. @throws InterplotError ERR_UNKNOWN_NAME, ERR_USAGE. */
export const backendFor = ({
  outputFile,
  format,
  animate,
}: Pick<RenderOptions, 'outputFile' | 'format' | 'animate'>): Backend => {
  const extension = extname(outputFile).toLowerCase()
  const toTerminal = outputFile === '-' && process.stdout.isTTY === true
  const asked =
    format !== undefined
      ? backends.get(format)
      : outputFile === '-' || extension === ''
        ? backends.get(toTerminal ? 'terminal' : 'png')
        : byExtension(extension)
  if (animate === undefined || asked.animated === true) return asked
  if (asked.name === 'png') return backends.get('apng')
  const animated = backends.entries.filter((each) => each.animated === true).map(({ name }) => name)
  throw new InterplotError('ERR_USAGE', `${asked.name} does not move`, {
    advice: `With --animate: ${animated.join(', ')}.`,
  })
}

const layerOf = ({ layer, style }: MapOptions): string =>
  layer ?? (typeof style === 'string' ? styles.get(style) : style).theme.layer

/** A map of more characters is no map to be read. */
const MOST_CELLS = 250_000

const FILE_LOOK = { columns: 120, rows: 40, graphics: 'braille' } as const

/** Maps of characters are as large as the terminal, or as --size says in cells; in files named .txt they have no colours. */
const terminalOptions = async ({ outputFile, size }: RenderOptions): Promise<Partial<MapOptions>> => {
  const base: TerminalLook =
    outputFile === '-' && process.stdout.isTTY === true
      ? await lookOfTerminal({ input: process.stdin, output: process.stdout, env: process.env })
      : { ...FILE_LOOK, colours: outputFile === '-' || extname(outputFile) === '.txt' ? 'none' : 'truecolor' }
  if (size !== undefined && size.width * size.height > MOST_CELLS) {
    throw new InterplotError('ERR_USAGE', `a map of ${size.width} × ${size.height} characters is too large`, {
      advice: 'On a terminal, --size counts cells: 120x40 is a usual one.',
    })
  }
  const terminal = size === undefined ? base : { ...base, columns: size.width, rows: size.height }
  return { terminal, ...terminalPictureSize(terminal) }
}

const describeCounts = ({ counts, counted, paths, points, addresses }: MapData): string => {
  if (addresses !== undefined) return `${formatCount(addresses.length)} different IPv4 addresses`
  const { located, unlocated, approximate = 0, private: nobodys = 0, anycast = 0 } = counts
  const kinds = [
    ...(nobodys > 0 ? [`${formatCount(nobodys)} private`] : []),
    ...(anycast > 0 ? [`${formatCount(anycast)} anycast`] : []),
  ]
  const odd = kinds.length === 0 ? '' : ` (${kinds.join(', ')})`
  const roughly = approximate === 0 ? '' : ` (${formatCount(approximate)} only approximately)`
  const traces = paths.length === 0 ? '' : `${countOf(paths.length, 'trace')} drawn`
  if (points.weight.length === 0 && traces !== '') {
    return `${traces}, ${countOf(unlocated, 'hop')} without a place`
  }
  return `${formatCount(located)} ${countedWord(counted, located)} located${roughly}${traces === '' ? '' : `, ${traces}`}, ${formatCount(unlocated)} without a place${odd}`
}

const tellAdvice = ({ data, notLookedUp, uncoloured, nothing }: InputData, file: string, terminal: Terminal): void => {
  const isEmpty = data.counts.located === 0 && data.paths.length === 0 && (data.addresses?.length ?? 0) === 0
  if (nothing !== undefined) terminal.note(`${nothing}: the map says so.`)
  else if (notLookedUp > 0) {
    const who =
      data.counted === undefined
        ? countOf(notLookedUp, 'address was', 'addresses were')
        : `the ${data.counted === 'bans' ? 'addresses' : 'ends'} of ${formatCount(notLookedUp)} ${countedWord(data.counted, notLookedUp)} were`
    terminal.note(`${who} never looked up. Run: interplot geolocate ${file}`)
  } else if (isEmpty) {
    terminal.note('Nothing has a place: the map says so. Is the file empty, or do its filters leave nothing?')
  }
  if (uncoloured > 0) {
    terminal.note(
      `${countOf(uncoloured, 'address has', 'addresses have')} nothing to be coloured by and ${uncoloured === 1 ? 'is' : 'are'} not drawn`,
    )
  }
}

/** @throws InterplotError ERR_USAGE where nobody said it. */
const homeFor = ({ home }: InputData, file: string): Point => {
  if (home != null) return home
  throw new InterplotError('ERR_USAGE', `${inputName(file)} does not say where home is`, {
    advice: 'Say it: --arcs 52.52,13.40. Runs that are told --home keep it.',
  })
}

/** Tiles are light as a rule: points are to be ink there. */
const TILES_STYLE = 'light'

/** Pictures have boxes for letters that their typeface lacks; names of places are left out. */
const tellLetters = (data: MapData, labels: number, { name, painted }: Backend, terminal: Terminal): void => {
  if (painted !== true) return
  const { title, subtitle, rankings = [], points } = data
  const words = [title, subtitle, ...rankings.flatMap(({ rows }) => rows.map(({ label }) => label))]
  const lacking = words.filter(lacksLetters)
  const names = labels > 0 && points.details?.city.some((city) => city !== null && lacksLetters(city)) === true
  if (lacking.length === 0 && !names) return
  const what = lacking.length === 0 ? 'names of places are left out' : `boxes stand in "${printableText(lacking[0]!)}"`
  terminal.note(`The typeface of ${name} has Latin, Greek and Cyrillic letters: ${what}. svg and terminal show others.`)
}

/** On a terminal, --size counts cells. */
const lookFor = (options: RenderOptions, { name }: Backend): MapOptions => {
  if (name !== 'terminal') return mapOptions(options, name)
  const { size: _cells, ...rest } = options
  return mapOptions(rest, name)
}

/** @returns the exit code. @throws InterplotError. */
export const render = async (options: RenderOptions): Promise<number> => {
  const terminal = options.quiet === true ? quietTerminal : makeTerminal()
  const startMs = performance.now()
  const file = options.file ?? DEFAULT_RESULTS_FILE
  const { outputFile, statsJson } = options
  const backend = backendFor(options)
  const tiles = tileOrder(options, backend)
  const look = lookFor(
    tiles === undefined ? options : { style: TILES_STYLE, ...options, projection: 'mercator' },
    backend,
  )
  const isAddressMap = projections.get(look.projection).space === 'ipv4'
  checkConflicts(options, isAddressMap ? 'ipv4' : 'earth', layerOf(look))
  const query = mapQuery(options, isAddressMap)
  checkOutput(outputFile, [file])
  if (statsJson !== undefined) checkOutput(statsJson, [file, outputFile])
  terminal.live(`reading ${inputName(file)}`)
  const input =
    file !== '-' && isResultsFile(file) ? readResults(file, query) : await readTable(file, query, options, terminal)
  const { data } = input
  if (options.arcs === 'home') look.arcsTo = homeFor(input, file)
  if (options.title !== undefined) data.title = options.title
  if (options.subtitle !== undefined) data.subtitle = options.subtitle
  if (options.traces === false) data.paths = []
  if (options.per === 'allocated') data.allocated = allocatedByCountry(terminal)
  const rankings = options.top === undefined && statsJson === undefined ? [] : rankPoints(data.points)
  if (options.top !== undefined) data.rankings = topOf(rankings, options.top)
  if (tiles !== undefined) await addBackdrop(data, look, tiles, terminal)
  terminal.live(`drawing ${formatCount(data.points.weight.length)} points`)
  const drawn = backend.name === 'terminal' ? { ...look, ...(await terminalOptions(options)) } : look
  await drawMap(data, outputFile, drawn)
  if (statsJson !== undefined) await writeStatistics(statsJson, data, topOf(rankings, options.top ?? 100))
  terminal.clear()
  if (data.rankings !== undefined) {
    for (const line of rankingLines(data.rankings, data.counts.located)) terminal.note(line)
  }
  for (const line of backend.remarks?.(data, drawn, layerOf(look)) ?? []) terminal.note(line)
  tellAdvice(input, file, terminal)
  tellLetters(data, look.labels, backend, terminal)
  const took = formatDuration((performance.now() - startMs) * 1000)
  terminal.note(`${outputFile}: ${describeCounts(data)}, in ${took}`)
  if (options.open === true && outputFile !== '-') await openFile(outputFile)
  return 0
}
