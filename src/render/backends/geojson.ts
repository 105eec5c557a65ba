/**
 * GeoJSON (RFC 7946): points as Point features, traces as lines between their hops, cut at the antimeridian (§3.1.9), and
 * the hops as points of their own. One feature a line, so that tools for lines work, too; members that the standard does
 * not know (§6.1) hold title and attributions.
 */

import type { MapData, MapPath, MapPoints, PathPoint } from '../map-data.ts'
import { linePoints } from '../path-legs.ts'
import { isDrawable, isPoint } from '../point-projection.ts'
import type { Backend } from './contract.ts'

/** Features that become bytes at once: a single string of all could be longer than V8 allows. */
const FEATURES_PER_CHUNK = 4096
/** A millionth of a degree is a tenth of a metre. */
const DEGREE_STEPS = 1e6

type Position = readonly [longitude: number, latitude: number]

/** At most 6 decimals, and no −0. */
const roundDegrees = (value: number): number => Math.round(value * DEGREE_STEPS) / DEGREE_STEPS + 0

const toPosition = (longitude: number, latitude: number): Position => [roundDegrees(longitude), roundDegrees(latitude)]

/** South-west and north-east corner of what was seen. */
class Bounds {
  #west = Infinity
  #south = Infinity
  #east = -Infinity
  #north = -Infinity

  add([longitude, latitude]: Position): void {
    if (longitude < this.#west) this.#west = longitude
    if (longitude > this.#east) this.#east = longitude
    if (latitude < this.#south) this.#south = latitude
    if (latitude > this.#north) this.#north = latitude
  }

  /** §5; null when nothing was seen. */
  toArray(): number[] | null {
    return this.#west > this.#east ? null : [this.#west, this.#south, this.#east, this.#north]
  }
}

/** Leaves out what is not known. */
const known = (properties: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(properties).filter(([, value]) => value !== null && value !== undefined && value !== ''),
  )

const feature = (geometry: unknown, properties: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ type: 'Feature', geometry, properties: known(properties) })

const colourOf = (data: MapData, colour: number | undefined): Record<string, unknown> => {
  const { colouring } = data
  if (colouring === undefined || colour === undefined) return {}
  if (colouring.kind === 'groups') return { group: colouring.groups[colour]?.label ?? null }
  return { scale: Math.round((colour / 255) * 1000) / 1000 }
}

const detailsOf = ({ details }: MapPoints, i: number): Record<string, unknown> =>
  details === undefined
    ? {}
    : {
        city: details.city[i],
        country: details.country[i],
        countryCode: details.countryCode[i],
        asn: details.asn[i] === 0 ? null : details.asn[i],
        asOrganization: details.asOrganization[i],
        address: details.address?.[i],
      }

function* pointFeatures(data: MapData, bounds: Bounds): Generator<string> {
  const { points } = data
  const { latitude, longitude, weight, colour } = points
  for (let i = 0; i < weight.length; i += 1) {
    const count = weight[i]!
    if (!isPoint(latitude[i]!, longitude[i]!, count)) continue
    const coordinates = toPosition(longitude[i]!, latitude[i]!)
    bounds.add(coordinates)
    yield feature({ type: 'Point', coordinates }, { count, ...detailsOf(points, i), ...colourOf(data, colour?.[i]) })
  }
}

/** Parts that do not cross ±180°: a leg goes the shorter way round, and straight on between its ends. */
const cutAtAntimeridian = (positions: readonly Position[]): Position[][] => {
  const parts: Position[][] = [[]]
  for (const [i, to] of positions.entries()) {
    const from = positions[i - 1]
    if (from !== undefined && Math.abs(to[0] - from[0]) > 180) {
      const side = from[0] > 0 ? 180 : -180
      const unrolled = to[0] + 2 * side
      const share = unrolled === from[0] ? 0 : (side - from[0]) / (unrolled - from[0])
      const crossing = roundDegrees(from[1] + (to[1] - from[1]) * share)
      parts.at(-1)!.push([side, crossing])
      parts.push([[-side, crossing]])
    }
    parts.at(-1)!.push(to)
  }
  // A hop on the line itself leaves parts without a length.
  return parts.filter((part) => part.some(([x, y]) => x !== part[0]![0] || y !== part[0]![1]))
}

const hopFeature = (path: MapPath, point: PathPoint, bounds: Bounds): string => {
  const coordinates = toPosition(point.longitude, point.latitude)
  bounds.add(coordinates)
  const { label, address, name, city, country, rttUs, bridged, tooFar } = point
  const properties = { path: path.name, hop: label, address, name, city, country, rttUs, bridged, tooFar }
  return feature({ type: 'Point', coordinates }, properties)
}

function* pathFeatures(path: MapPath, bounds: Bounds): Generator<string> {
  const points = path.points.filter(({ latitude, longitude }) => isDrawable(latitude, longitude))
  const parts = cutAtAntimeridian(linePoints(path).map(({ longitude, latitude }) => toPosition(longitude, latitude)))
  for (const position of parts.flat()) bounds.add(position)
  if (parts.length > 0) {
    const geometry =
      parts.length === 1
        ? { type: 'LineString', coordinates: parts[0] }
        : { type: 'MultiLineString', coordinates: parts }
    yield feature(geometry, { path: path.name, hops: points.length })
  }
  for (const point of points) yield hopFeature(path, point, bounds)
}

function* allFeatures(data: MapData, bounds: Bounds): Generator<string> {
  yield* pointFeatures(data, bounds)
  for (const path of data.paths) yield* pathFeatures(path, bounds)
}

/** Lines, each but the first with the comma of the one before it. */
const toChunks = (features: Iterable<string>): Buffer[] => {
  const chunks: Buffer[] = []
  let lines: string[] = []
  const flush = (): void => {
    if (lines.length > 0) chunks.push(Buffer.from(`${chunks.length === 0 ? '' : ',\n'}${lines.join(',\n')}`))
    lines = []
  }
  for (const line of features) {
    if (lines.push(line) === FEATURES_PER_CHUNK) flush()
  }
  flush()
  return chunks
}

export const geojson: Backend = {
  name: 'geojson',
  help: 'the points and traces as GeoJSON (RFC 7946), one feature a line',
  extensions: ['.geojson'],
  mediaType: 'application/geo+json',
  wordless: true,
  remarks: (_data, { accuracy, arcsTo, nightAtUs, view }) => [
    ...(accuracy ? ['GeoJSON has points and lines: no circles of accuracy are written'] : []),
    ...(arcsTo === undefined ? [] : ['GeoJSON has the points themselves: no arcs are written']),
    ...(nightAtUs === undefined ? [] : ['no night is written into GeoJSON']),
    ...(view.box === undefined ? [] : ['all points are written into GeoJSON, also those outside of the box']),
  ],
  async write({ data }) {
    const bounds = new Bounds()
    const chunks = toChunks(allFeatures(data, bounds))
    const bbox = bounds.toArray()
    const members = known({ type: 'FeatureCollection', title: data.title, subtitle: data.subtitle, bbox })
    const head = JSON.stringify({ ...members, attribution: data.attributions }).slice(0, -1)
    return Buffer.concat([Buffer.from(`${head},"features":[\n`), ...chunks, Buffer.from('\n]}\n')])
  },
}
