/**
 * The overlay in a file: CSV (RFC 4180) with a header line, or JSON, an array of objects or `{"networks": […]}`. It is the
 * person's own file: one wrong line and nothing of it counts, so that no mistake hides among thousands of right ones.
 */

import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { splitCsv } from '../core/csv-record.ts'
import { fileError, InterplotError } from '../core/errors.ts'
import { dataFolder, geoFolder } from './installed.ts'
import type { PlacedNetwork } from './network-list.ts'
import { makeOverlay, type Overlay } from './overlay.ts'
import { isKnownName, isNetworkName, KNOWN_NAMES, NETWORK_NAMES, type Row, readRow } from './overlay-row.ts'

const MAX_BYTES = 256 * 1024 * 1024
const PROBLEMS_SHOWN = 10

const wrong = (path: string, problems: readonly string[], count: number): InterplotError => {
  const more = count > problems.length ? `; and ${count - problems.length} more` : ''
  return new InterplotError('ERR_INPUT_FILE', `the overlay ${path} is not used: ${problems.join('; ')}${more}`, {
    advice: `Correct it; a wrong line makes the whole file doubtful. Columns: ${KNOWN_NAMES}.`,
  })
}

/** Names without regard to case. @returns the lower-case names. @throws InterplotError ERR_INPUT_FILE */
const checkNames = (path: string, names: readonly string[]): string[] => {
  const lower = names.map((name) => name.trim().toLowerCase())
  const problems: string[] = []
  const unknown = lower.filter((name) => !isKnownName(name))
  if (unknown.length > 0) problems.push(`unknown: ${unknown.map((name) => `"${name.slice(0, 40)}"`).join(', ')}`)
  const twice = lower.filter((name, i) => lower.indexOf(name) !== i)
  if (twice.length > 0) problems.push(`twice: ${twice.join(', ')}`)
  const networks = lower.filter(isNetworkName)
  if (networks.length === 0) problems.push('no column "network"')
  if (networks.length > 1) problems.push(`more than one of ${NETWORK_NAMES.join(', ')}`)
  if (problems.length > 0) throw wrong(path, problems.slice(0, PROBLEMS_SHOWN), problems.length)
  return lower
}

/** One row of the file, with the place to look for it: "line 7" or "entry 7". */
type Numbered = readonly [where: string, row: Row | string]

function* csvRows(path: string, text: string): IterableIterator<Numbered> {
  let names: string[] | undefined
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const fields = splitCsv(line)?.map((field) => field.trim()) ?? null
    if (fields === null) {
      yield [`line ${i + 1}`, 'a quote is not closed']
      continue
    }
    if (names === undefined) {
      names = checkNames(path, fields)
      continue
    }
    const columns = names
    // splitCsv leaves an empty last field out.
    if (fields.length < columns.length && line.endsWith(',')) fields.push('')
    const count = fields.length
    yield [
      `line ${i + 1}`,
      count === columns.length
        ? new Map(fields.map((field, column) => [columns[column]!, field]))
        : `${count} fields under ${columns.length} names`,
    ]
  }
  if (names === undefined) throw wrong(path, ['it is empty'], 1)
}

const jsonText = (value: unknown): string | null => {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return value.trim()
  return typeof value === 'number' ? String(value) : null
}

const jsonRow = (path: string, entry: unknown): Row | string => {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return 'is no object'
  const names = Object.keys(entry)
  const lower = checkNames(path, names)
  const row = new Map<string, string>()
  for (const [i, value] of Object.values(entry).entries()) {
    const text = jsonText(value)
    if (text === null) return `${lower[i]!} is neither text nor a number`
    row.set(lower[i]!, text)
  }
  return row
}

function* jsonRows(path: string, text: string): IterableIterator<Numbered> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw wrong(path, [`it is not JSON (${cause instanceof Error ? cause.message.slice(0, 100) : ''})`], 1)
  }
  const inner = typeof value === 'object' && value !== null && 'networks' in value ? value.networks : value
  if (!Array.isArray(inner)) throw wrong(path, ['it is no array of objects'], 1)
  for (const [i, entry] of (inner as unknown[]).entries()) {
    try {
      yield [`entry ${i + 1}`, jsonRow(path, entry)]
    } catch (error) {
      if (!(error instanceof InterplotError)) throw error
      throw wrong(path, [`entry ${i + 1}: ${error.message.replace(/^.* is not used: /, '')}`], 1)
    }
  }
}

const parseOverlay = (path: string, text: string): PlacedNetwork[] => {
  const networks: PlacedNetwork[] = []
  const lineOf = new Map<string, string>()
  const problems: string[] = []
  let count = 0
  const report = (where: string, what: string): void => {
    count += 1
    if (problems.length < PROBLEMS_SHOWN) problems.push(`${where}: ${what}`)
  }
  const rows = /^\s*[[{]/.test(text) ? jsonRows(path, text) : csvRows(path, text)
  for (const [where, row] of rows) {
    const network = typeof row === 'string' ? row : readRow(row)
    if (typeof network === 'string') {
      report(where, network)
      continue
    }
    const key = `${network.first}/${network.bits}/${typeof network.first}`
    const before = lineOf.get(key)
    if (before === undefined) networks.push(network)
    else report(where, `the network of ${before} again`)
    lineOf.set(key, where)
  }
  if (count > 0) throw wrong(path, problems, count)
  return networks
}

/** @throws InterplotError ERR_INPUT_FILE: it cannot be read, or with the first ten wrong lines. */
export const readOverlay = (path: string): Overlay => {
  let bytes: Buffer
  try {
    if (statSync(path).size > MAX_BYTES) throw wrong(path, ['it is larger than 256 MiB'], 1)
    bytes = readFileSync(path)
  } catch (cause) {
    throw cause instanceof InterplotError ? cause : fileError('ERR_INPUT_FILE', path, cause)
  }
  return makeOverlay(path, parseOverlay(path, bytes.toString('utf8').replace(/^\uFEFF/, '')))
}

const dataFolderIfAny = (): string | null => {
  try {
    return dataFolder()
  } catch (error) {
    if (error instanceof InterplotError && error.code === 'ERR_GEO_MISSING') return null
    throw error
  }
}

/**
 * The file that counts without being named: `geo/overlay.csv` or `geo/overlay.json` in the data folder.
 * @returns its path, or null. @throws InterplotError ERR_INPUT_FILE when both are there.
 */
export const findOverlay = (folder: string | null = dataFolderIfAny()): string | null => {
  if (folder === null) return null
  const found = ['overlay.csv', 'overlay.json']
    .map((name) => join(geoFolder(folder), name))
    .filter((p) => existsSync(p))
  if (found.length > 1) {
    throw new InterplotError('ERR_INPUT_FILE', `there are two overlays: ${found.join(' and ')}`, {
      advice: 'Remove one of them.',
    })
  }
  return found[0] ?? null
}
