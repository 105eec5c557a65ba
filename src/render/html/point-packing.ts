/** The points of a map as the columns of a page: quantised, in Morton order, equal records added up. */

import type { MapPoints, PointDetails } from '../map-data.ts'
import { isPoint } from '../point-projection.ts'
import { ByteWriter } from './byte-writer.ts'
import { mortonOf } from './morton.ts'
import { POSITION_BITS, POSITIONS } from './page-format.ts'
import { bitsFor, radixOrder, type SortColumn } from './radix-order.ts'
import { StringTable } from './string-table.ts'
import { MERCATOR_LIMIT_DEGREES, mercatorX, mercatorY } from './web-mercator.ts'

/** Beyond this many points the addresses alone would fill the page: they are counted by place and network instead. */
export const MOST_ADDRESSES = 200_000

export interface PackedPoints {
  readonly records: number
  readonly fractional: boolean
  readonly positions: Uint8Array
  readonly weights: Uint8Array
  readonly colours: Uint8Array
  readonly cities: Uint8Array
  readonly networks: Uint8Array
  readonly addresses: Uint8Array
  /** Empty unless there are some. */
  readonly frames: Uint8Array
  readonly accuracy: Uint8Array
  readonly countryNames: readonly string[]
  readonly cityNames: readonly (readonly [city: string, country: number])[]
  readonly networkNames: readonly (readonly [asn: number, organization: string])[]
  /** Points of no position or weight, and those too near to a pole for this projection. */
  readonly notOnEarth: number
  readonly polar: number
}

interface DetailNumbers {
  readonly city: Uint32Array
  readonly network: Uint32Array
  readonly countries: StringTable<string>
  readonly cities: StringTable<readonly [string, number]>
  readonly networks: StringTable<readonly [number, string]>
}

const numberDetails = (details: PointDetails | undefined, length: number): DetailNumbers => {
  const city = new Uint32Array(length)
  const network = new Uint32Array(length)
  const countries = new StringTable('', '')
  const cities = new StringTable<readonly [string, number]>(['', 0], '0 ')
  const networks = new StringTable<readonly [number, string]>([0, ''], '0 ')
  if (details !== undefined) {
    for (let i = 0; i < length; i += 1) {
      const countryName = details.country[i] ?? details.countryCode[i] ?? ''
      const country = countries.numberOf(countryName, () => countryName)
      const name = details.city[i] ?? ''
      city[i] = cities.numberOf(`${country} ${name}`, () => [name, country])
      const asn = details.asn[i] ?? 0
      const organization = details.asOrganization[i] ?? ''
      network[i] = networks.numberOf(`${asn} ${organization}`, () => [asn, organization])
    }
  }
  return { city, network, countries, cities, networks }
}

interface Positions {
  /** Rows that can be drawn. */
  readonly rows: Uint32Array
  readonly high: Uint8Array
  readonly low: Uint32Array
  readonly notOnEarth: number
  readonly polar: number
}

const quantise = (part: number): number => Math.min(POSITIONS - 1, Math.max(0, Math.floor(part * POSITIONS)))

const placePoints = ({ latitude, longitude, weight }: MapPoints): Positions => {
  const rows = new Uint32Array(weight.length)
  const high = new Uint8Array(weight.length)
  const low = new Uint32Array(weight.length)
  let count = 0
  let notOnEarth = 0
  let polar = 0
  for (let i = 0; i < weight.length; i += 1) {
    const [north, east, amount] = [latitude[i]!, longitude[i]!, weight[i]!]
    if (!isPoint(north, east, amount)) notOnEarth += 1
    else if (Math.abs(north) > MERCATOR_LIMIT_DEGREES) polar += 1
    else {
      const x = quantise(mercatorX(east))
      const y = quantise(mercatorY(north))
      high[i] = mortonOf(x >>> 16, y >>> 16)
      low[i] = mortonOf(x, y)
      rows[count++] = i
    }
  }
  return { rows: rows.subarray(0, count), high, low, notOnEarth, polar }
}

const packAddresses = (addresses: readonly (string | null)[], records: Uint32Array): Uint8Array =>
  Buffer.from(Array.from(records, (row) => (addresses[row] ?? '').replaceAll('\n', ' ')).join('\n'))

/** In whole kilometres; nothing becomes less than one. */
const wholeKm = (accuracyKm: Float32Array): Uint32Array =>
  Uint32Array.from(accuracyKm, (km) => (km > 0 ? Math.min(20_000, Math.max(1, Math.round(km))) : 0))

const packNumbers = (numbers: Uint32Array | undefined, records: Uint32Array): Uint8Array => {
  const writer = new ByteWriter()
  if (numbers !== undefined) for (const row of records) writer.varint(numbers[row]!)
  return writer.done()
}

/** The bits that the greatest number needs, and one. */
const widthOf = (numbers: Uint32Array): number => bitsFor(numbers.reduce((most, each) => Math.max(most, each), 0) + 1)

const packWeights = (weights: Float64Array): { bytes: Uint8Array; fractional: boolean } => {
  if (weights.every((weight) => weight === 1)) return { bytes: new Uint8Array(0), fractional: false }
  if (!weights.every(Number.isSafeInteger)) {
    const bytes = Buffer.alloc(weights.length * 4)
    weights.forEach((weight, i) => {
      bytes.writeFloatLE(weight, i * 4)
    })
    return { bytes, fractional: true }
  }
  const writer = new ByteWriter()
  for (const weight of weights) writer.varint(weight)
  return { bytes: writer.done(), fractional: false }
}

/** @param withAccuracy whether circles of accuracy are wanted. */
export const packPoints = (points: MapPoints, withAccuracy = false): PackedPoints => {
  const { weight, colour, details, frame } = points
  const { rows, high, low, notOnEarth, polar } = placePoints(points)
  const numbers = numberDetails(details, weight.length)
  const { city, network } = numbers
  const addresses = rows.length <= MOST_ADDRESSES ? details?.address : undefined
  const accuracy = withAccuracy && points.accuracyKm !== undefined ? wholeKm(points.accuracyKm) : undefined
  const sortColumns: SortColumn[] = [
    { values: network, bits: bitsFor(numbers.networks.rows.length) },
    { values: city, bits: bitsFor(numbers.cities.rows.length) },
    ...(accuracy === undefined ? [] : [{ values: accuracy, bits: widthOf(accuracy) }]),
    ...(frame === undefined ? [] : [{ values: frame, bits: widthOf(frame) }]),
    ...(colour === undefined ? [] : [{ values: colour, bits: 8 }]),
    { values: low, bits: 32 },
    { values: high, bits: 2 * (POSITION_BITS - 16) },
  ]
  const order = radixOrder(rows, sortColumns)
  const alike = (a: number, b: number): boolean =>
    low[a] === low[b] &&
    high[a] === high[b] &&
    city[a] === city[b] &&
    network[a] === network[b] &&
    (colour === undefined || colour[a] === colour[b]) &&
    (frame === undefined || frame[a] === frame[b]) &&
    (accuracy === undefined || accuracy[a] === accuracy[b]) &&
    (addresses === undefined || (addresses[a] ?? null) === (addresses[b] ?? null))

  const records = new Uint32Array(order.length)
  const sums = new Float64Array(order.length)
  let count = 0
  for (const row of order) {
    if (count > 0 && alike(records[count - 1]!, row)) sums[count - 1]! += weight[row]!
    else {
      records[count] = row
      sums[count] = weight[row]!
      count += 1
    }
  }
  const kept = records.subarray(0, count)
  const weights = packWeights(sums.subarray(0, count))
  const positions = new ByteWriter()
  let last = 0
  for (const row of kept) {
    const code = high[row]! * 2 ** 32 + low[row]!
    positions.varint(code - last)
    last = code
  }
  return {
    records: count,
    fractional: weights.fractional,
    positions: positions.done(),
    weights: weights.bytes,
    colours: colour === undefined ? new Uint8Array(0) : Uint8Array.from(kept, (row) => colour[row]!),
    cities: packNumbers(details === undefined ? undefined : city, kept),
    networks: packNumbers(details === undefined ? undefined : network, kept),
    addresses: addresses === undefined ? new Uint8Array(0) : packAddresses(addresses, kept),
    frames: packNumbers(frame, kept),
    accuracy: packNumbers(accuracy, kept),
    countryNames: numbers.countries.rows,
    cityNames: numbers.cities.rows,
    networkNames: numbers.networks.rows,
    notOnEarth,
    polar,
  }
}
