/** The work of `interplot render`. */

import { extname } from 'node:path'
import { InterplotError } from '../core/errors.ts'
import { formatCount, formatDuration } from '../core/units.ts'
import { backends } from '../render/backends/index.ts'
import type { MapData } from '../render/map.ts'
import { isResultsFile } from '../store/results-file.ts'
import { drawMap, readResults, tableData } from './map-drawing.ts'
import { readPoints } from './point-input.ts'
import { DEFAULT_RESULTS_FILE } from './scan-output.ts'
import { inputName, openInput } from './standard-input.ts'
import { makeTerminal, quietTerminal, type Terminal } from './terminal.ts'

export interface RenderOptions {
  file?: string
  outputFile: string
  run?: number
  port?: number
  title?: string
  subtitle?: string
  size?: { width: number; height: number }
  projection: string
  style: string
  quiet?: boolean
}

const readTable = async (path: string, options: RenderOptions, terminal: Terminal): Promise<MapData> => {
  if (options.run !== undefined || options.port !== undefined) {
    throw new InterplotError('ERR_USAGE', `--run and --port are for results files, and ${inputName(path)} is none`)
  }
  const table = await readPoints(openInput(path), inputName(path))
  for (const problem of table.problems) terminal.note(problem)
  if (table.problemCount > 0) terminal.note(`${formatCount(table.problemCount)} rows passed over`)
  return tableData(table, inputName(path))
}

/** The backend that the file's name asks for. @throws InterplotError ERR_UNKNOWN_NAME, ERR_USAGE. */
const backendFor = (path: string): string => {
  const extension = extname(path).slice(1).toLowerCase()
  return path === '-' || extension === '' ? 'png' : backends.get(extension).name
}

/** @returns the exit code. @throws InterplotError. */
export const render = async (options: RenderOptions): Promise<number> => {
  const terminal = options.quiet === true ? quietTerminal : makeTerminal()
  const startMs = performance.now()
  const backend = backendFor(options.outputFile)
  const file = options.file ?? DEFAULT_RESULTS_FILE
  const { data, notLookedUp } =
    file !== '-' && isResultsFile(file)
      ? readResults(file, {
          ...(options.run === undefined ? {} : { run: options.run }),
          ...(options.port === undefined ? {} : { port: options.port }),
        })
      : { data: await readTable(file, options, terminal), notLookedUp: 0 }
  if (options.title !== undefined) data.title = options.title
  if (options.subtitle !== undefined) data.subtitle = options.subtitle
  await drawMap(data, options.outputFile, {
    ...options.size,
    projection: options.projection,
    style: options.style,
    backend,
  })
  const { located, unlocated, approximate = 0, private: nobodys = 0, anycast = 0 } = data.counts
  const kinds = [
    nobodys > 0 ? `${formatCount(nobodys)} private` : [],
    anycast > 0 ? `${formatCount(anycast)} anycast` : [],
  ]
  const odd = kinds.flat().length === 0 ? '' : ` (${kinds.flat().join(', ')})`
  const roughly = approximate === 0 ? '' : ` (${formatCount(approximate)} only approximately)`
  const took = formatDuration((performance.now() - startMs) * 1000)
  if (notLookedUp > 0) {
    terminal.note(`${formatCount(notLookedUp)} addresses were never looked up. Run: interplot geolocate ${file}`)
  }
  terminal.note(
    `${options.outputFile}: ${formatCount(located)} addresses drawn${roughly}, ${formatCount(unlocated)} without a place${odd}, in ${took}`,
  )
  return 0
}
