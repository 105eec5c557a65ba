/** What a map shows of a table, and what a person should know besides. */

import { basename } from 'node:path'
import { InterplotError } from '../../../core/errors.ts'
import { PLACE_STATES, type PlaceState } from '../../../core/place.ts'
import { makeFrames } from '../../../core/time-frames.ts'
import { formatCount } from '../../../core/units.ts'
import { attributionForType } from '../../../geo/sources.ts'
import type { MapData, MapFrames, PointDetails } from '../../../render/map-data.ts'
import { colouredPoints, describeQuery, type InputData } from '../map-points.ts'
import type { MapQuery } from '../map-query.ts'
import type { ColourKey } from '../point-colouring.ts'
import type { PointRows } from './point-rows.ts'
import { namesOf, type Role } from './table-columns.ts'
import type { TableInput } from './table-input.ts'

/** What of a map is about details that a table may lack. */
export interface TableWishes {
  top: boolean
  labels: boolean
  accuracy: boolean
}

const COLOUR_ROLES = {
  port: ['port'],
  asn: ['asn', 'asOrganization'],
  country: ['country', 'countryCode'],
  rtt: ['rttUs', 'rttMs'],
  'first-seen': ['time'],
  jail: [],
  host: [],
  service: [],
  direction: [],
} as const satisfies Record<ColourKey, readonly Role[]>

/** Options that need one of these columns. */
const needsOf = (query: MapQuery, { top, labels, accuracy }: TableWishes): [string, readonly Role[]][] => {
  const needs: [string, readonly Role[]][] = []
  if (query.port !== undefined) needs.push(['--port', ['port']])
  if (query.sinceUs !== undefined) needs.push(['--since', ['time']])
  if (query.untilUs !== undefined) needs.push(['--until', ['time']])
  if (query.countries !== undefined) needs.push(['--country', ['countryCode', 'country']])
  if (query.colourBy !== undefined) needs.push([`--color-by ${query.colourBy}`, COLOUR_ROLES[query.colourBy]])
  if (query.frames !== undefined) needs.push(['--animate', ['time']])
  if (query.addresses === true) needs.push(['--projection hilbert', ['address']])
  if (top) needs.push(['--top', ['country', 'countryCode', 'city', 'asn', 'asOrganization']])
  if (labels) needs.push(['--labels', ['city']])
  if (accuracy) needs.push(['--accuracy', ['accuracyKm']])
  return needs
}

/** @throws InterplotError ERR_USAGE for what cannot be shown of this table. */
const checkWishes = (rows: PointRows, name: string, query: MapQuery, wishes: TableWishes): void => {
  if (rows.rows === 0) return
  for (const [option, roles] of needsOf(query, wishes)) {
    if (roles.some((role) => rows.roles.has(role))) continue
    throw new InterplotError('ERR_USAGE', `${option} needs a column that ${name} does not have`, {
      advice: `It would be called one of: ${namesOf(...roles)}.`,
    })
  }
  if (rows.traces.isEmpty) return
  const [option] =
    needsOf({ ...query, addresses: false }, wishes).find(([each]) => !/^--(?:since|until|country)/.test(each)) ?? []
  if (option === undefined) return
  throw new InterplotError('ERR_USAGE', `${option} is about points, and ${name} holds traces`, {
    advice: 'Leave it out.',
  })
}

const detailsOf = (rows: PointRows): PointDetails => ({
  city: rows.city.take(),
  country: rows.country.take(),
  countryCode: rows.countryCode.take(),
  asn: rows.asn.take(),
  asOrganization: rows.asOrganization.take(),
  ...(rows.address.some((each) => each !== null) ? { address: rows.address } : {}),
})

/** Frames as a results file's; rows without a time are in none, and weigh nothing. */
const framesOf = (
  times: Float64Array,
  { frames }: MapQuery,
): { frames: MapFrames; frame: Uint32Array; timeless: number } | null => {
  if (frames === undefined) return null
  let latestUs = Number.NEGATIVE_INFINITY
  for (const each of times) if (each > latestUs) latestUs = each
  const { frameAt, frameCount, firstFrameUs } = makeFrames(frames, times, latestUs)
  const { lengthUs, mode } = frames
  return {
    frames: { count: frameCount, startUs: firstFrameUs, lengthUs, cumulative: mode === 'first' },
    frame: Uint32Array.from(times, (each) => (Number.isNaN(each) ? 0 : frameAt(each))),
    timeless: times.reduce((sum, each) => sum + (Number.isNaN(each) ? 1 : 0), 0),
  }
}

const distinct = (values: Uint32Array): Uint32Array => {
  values.sort()
  return values.filter((value, i) => i === 0 || value !== values[i - 1])
}

const sum = (values: Float64Array): number => values.reduce((all, each) => all + each, 0)

const countsOf = (rows: PointRows, weight: Float64Array): MapData['counts'] => {
  const { without } = rows
  const state = rows.state.take()
  const weightOf = (wanted: PlaceState): number => {
    const number = PLACE_STATES.indexOf(wanted) + 1
    return weight.reduce((all, each, i) => (state[i] === number ? all + each : all), 0)
  }
  return {
    located: sum(weight),
    unlocated: without.unlocated + without.private + without.anycast + rows.placelessHops,
    ...{ private: without.private, anycast: without.anycast },
    ...{ approximate: weightOf('approximate'), placedAnycast: weightOf('anycast') },
  }
}

const attributionsOf = ({ rows, words }: TableInput): string[] => {
  const ofSources = [...rows.sources]
    .flatMap((source) => source.split('+'))
    .flatMap((each) => attributionForType(each) ?? [])
  return [...new Set([...words.attributions, ...ofSources])]
}

/** What a person should know of the rows, a line each. */
const notesOf = ({ rows }: TableInput, timeless: number): string[] => [
  ...rows.problems,
  ...(rows.problemCount > 0 ? [`${formatCount(rows.problemCount)} rows passed over`] : []),
  ...(rows.traces.repeated > 0
    ? [`${formatCount(rows.traces.repeated)} rows repeat ID and HOP of an earlier one and are not drawn`]
    : []),
  ...(timeless > 0 ? [`${formatCount(timeless)} rows have no time and are in no frame`] : []),
]

const nothingOf = ({ rows, nothing }: TableInput, name: string): Pick<InputData, 'nothing'> => {
  if (nothing !== null) return { nothing }
  if (rows.filtered < rows.rows) return {}
  return { nothing: `of ${formatCount(rows.rows)} rows of ${name}, none is what was asked for` }
}

export interface TableMap extends InputData {
  notes: string[]
}

/**
 * @param name what the table is called.
 * @throws InterplotError ERR_USAGE for wishes that need columns which the table does not have, and for too many frames.
 */
export const tableMap = (table: TableInput, name: string, query: MapQuery, wishes: TableWishes): TableMap => {
  const { rows, words } = table
  checkWishes(rows, name, query, wishes)
  const times = rows.timeUs.take()
  const framed = framesOf(times, query)
  const given = rows.weight.take()
  const weight = framed === null ? given : given.map((each, i) => (Number.isNaN(times[i]!) ? 0 : each))
  const { points, colouring, uncoloured } = colouredPoints(
    {
      ...{ latitude: rows.latitude.take(), longitude: rows.longitude.take(), weight, details: detailsOf(rows) },
      ...{ accuracyKm: Float32Array.from(rows.accuracyKm.take()), key: rows.key.take() },
      ...(framed === null ? {} : { frame: framed.frame }),
    },
    query.colourBy,
  )
  const paths = [...rows.paths, ...rows.traces.take()]
  const data: MapData = {
    ...{ points, paths, counts: countsOf(rows, weight), attributions: attributionsOf(table) },
    title: words.title ?? (paths.length > 0 && weight.length === 0 ? 'The way there' : 'Where they are'),
    subtitle: [words.subtitle ?? basename(name), ...describeQuery(query)].join(' · '),
  }
  if (colouring !== undefined) data.colouring = colouring
  if (framed !== null) data.frames = framed.frames
  if (query.addresses === true) data.addresses = distinct(rows.ipv4.take())
  const notes = notesOf(table, framed?.timeless ?? 0)
  return { data, notLookedUp: 0, uncoloured, ...nothingOf(table, name), notes }
}
