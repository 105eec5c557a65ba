/** The work of `interplot render`. */

import { extname } from 'node:path'
import { InterplotError } from '../core/errors.ts'
import { formatCount, formatDuration } from '../core/units.ts'
import type { Backend } from '../render/backends/contract.ts'
import { backends } from '../render/backends/index.ts'
import type { MapData, MapOptions } from '../render/map-data.ts'
import { projections } from '../render/projection/index.ts'
import { styles } from '../render/styles/index.ts'
import { type TerminalLook, terminalPictureSize } from '../render/terminal/look.ts'
import { isResultsFile } from '../store/results-file.ts'
import { allocatedByCountry } from './country-allocations.ts'
import { drawMap, type InputData, readResults, tableData } from './map-drawing.ts'
import { type MapQuery, mapQuery, type QueryOptions } from './map-query.ts'
import { rankingLines, rankPoints, topOf } from './map-ranking.ts'
import { writeStatistics } from './map-statistics.ts'
import { openFile } from './open-file.ts'
import { checkOutput } from './output-path.ts'
import { readPoints } from './point-input.ts'
import { type LookOptions, mapOptions } from './render-options.ts'
import { DEFAULT_RESULTS_FILE } from './scan-output.ts'
import { inputName, openInput } from './standard-input.ts'
import { makeTerminal, quietTerminal, type Terminal } from './terminal.ts'
import { lookOfTerminal } from './terminal-graphics.ts'

export interface RenderOptions extends QueryOptions, LookOptions {
  file?: string
  outputFile: string
  format?: string
  open?: boolean
  top?: number
  statsJson?: string
  title?: string
  subtitle?: string
  quiet?: boolean
}

const readTable = async (path: string, query: MapQuery, terminal: Terminal): Promise<InputData> => {
  if (query.run !== undefined || query.port !== undefined) {
    throw new InterplotError('ERR_USAGE', `--run and --port are for results files, and ${inputName(path)} is none`)
  }
  const table = await readPoints(openInput(path), inputName(path))
  for (const problem of table.problems) terminal.note(problem)
  if (table.problemCount > 0) terminal.note(`${formatCount(table.problemCount)} rows passed over`)
  return { data: tableData(table, inputName(path)), notLookedUp: 0, uncoloured: 0 }
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
const backendFor = ({ outputFile, format, animate }: RenderOptions): Backend => {
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

const FILE_LOOK = { columns: 120, rows: 40, graphics: 'braille' } as const

/** Maps of characters are as large as the terminal, or as --size says in cells; in files named .txt they have no colours. */
const terminalOptions = async ({ outputFile, size }: RenderOptions): Promise<Partial<MapOptions>> => {
  const own = await lookOfTerminal({ input: process.stdin, output: process.stdout, env: process.env })
  const base: TerminalLook =
    outputFile === '-' && process.stdout.isTTY === true
      ? own
      : { ...FILE_LOOK, colours: outputFile === '-' || extname(outputFile) === '.txt' ? 'none' : 'truecolor' }
  const terminal = size === undefined ? base : { ...base, columns: size.width, rows: size.height }
  return { terminal, ...terminalPictureSize(terminal) }
}

/** How much each country has, where its share is asked for. */
const addAllocations = (data: MapData, { per }: RenderOptions, look: MapOptions, terminal: Terminal): void => {
  if (per !== 'allocated') return
  if (layerOf(look) !== 'choropleth') {
    throw new InterplotError('ERR_USAGE', '--per is for countries', { advice: 'Add --layer choropleth.' })
  }
  data.allocated = allocatedByCountry(terminal)
}

const describeCounts = ({ counts }: MapData): string => {
  const { located, unlocated, approximate = 0, private: nobodys = 0, anycast = 0 } = counts
  const kinds = [
    ...(nobodys > 0 ? [`${formatCount(nobodys)} private`] : []),
    ...(anycast > 0 ? [`${formatCount(anycast)} anycast`] : []),
  ]
  const odd = kinds.length === 0 ? '' : ` (${kinds.join(', ')})`
  const roughly = approximate === 0 ? '' : ` (${formatCount(approximate)} only approximately)`
  return `${formatCount(located)} addresses drawn${roughly}, ${formatCount(unlocated)} without a place${odd}`
}

const tellAdvice = ({ data, notLookedUp, uncoloured }: InputData, file: string, terminal: Terminal): void => {
  if (notLookedUp > 0) {
    terminal.note(`${formatCount(notLookedUp)} addresses were never looked up. Run: interplot geolocate ${file}`)
  } else if (data.counts.located === 0 && data.paths.length === 0) {
    terminal.note('Nothing has a place: the map says so. Is the file empty, or do its filters leave nothing?')
  }
  if (uncoloured > 0) {
    terminal.note(`${formatCount(uncoloured)} addresses have nothing to be coloured by and are not drawn`)
  }
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
  const look = lookFor(options, backend)
  const query = mapQuery(options, projections.get(look.projection).space === 'ipv4')
  checkOutput(outputFile, [file])
  if (statsJson !== undefined) checkOutput(statsJson, [file, outputFile])
  terminal.live(`reading ${inputName(file)}`)
  const input = file !== '-' && isResultsFile(file) ? readResults(file, query) : await readTable(file, query, terminal)
  const { data } = input
  if (options.title !== undefined) data.title = options.title
  if (options.subtitle !== undefined) data.subtitle = options.subtitle
  addAllocations(data, options, look, terminal)
  const rankings = options.top === undefined && statsJson === undefined ? [] : rankPoints(data.points)
  if (options.top !== undefined) data.rankings = topOf(rankings, options.top)
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
  const took = formatDuration((performance.now() - startMs) * 1000)
  terminal.note(`${outputFile}: ${describeCounts(data)}, in ${took}`)
  if (options.open === true && outputFile !== '-') await openFile(outputFile)
  return 0
}
