/** The city list: `city,country_code,latitude,longitude,population`, one city a line, RFC 4180 quoting. */

import { readFileSync } from 'node:fs'
import { fileError, InterplotError } from '../core/errors.ts'

export interface City {
  name: string
  /** ISO 3166-1 alpha-2. */
  countryCode: string
  latitude: number
  longitude: number
  population: number
}

const HEADER = 'city,country_code,latitude,longitude,population'

/** The fields of one line; a quoted field may hold commas, and quotes written twice. */
const splitLine = (line: string): string[] => {
  const fields = line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)
  return Array.from(fields, ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '')
}

const parseCity = (line: string): City | null => {
  const fields = splitLine(line)
  const [name, countryCode, ...rest] = fields
  const [latitude, longitude, population] = rest.map((text) => (text.trim() === '' ? Number.NaN : Number(text)))
  if (fields.length !== 5 || name === undefined || countryCode === undefined || !/^[A-Z]{2}$/.test(countryCode))
    return null
  if (latitude === undefined || longitude === undefined || population === undefined) return null
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 && population >= 0)) return null
  return { name, countryCode, latitude, longitude, population }
}

/** @throws InterplotError ERR_INPUT_FILE naming the first wrong line. `origin` is the file's name, for the message. */
export const parseCities = (text: string, origin: string): City[] => {
  const wrong = (line: number, what: string): InterplotError =>
    new InterplotError('ERR_INPUT_FILE', `${origin}:${line}: ${what}`, { advice: `Each line holds: ${HEADER}.` })
  const [header, ...lines] = text.split(/\r?\n/)
  if (header?.trim() !== HEADER) throw wrong(1, 'not the header of a city list')
  const cities: City[] = []
  for (const [index, line] of lines.entries()) {
    if (line === '') continue
    const city = parseCity(line)
    if (city === null) throw wrong(index + 2, 'not a city')
    cities.push(city)
  }
  return cities
}

/** @throws InterplotError ERR_INPUT_FILE when the file can't be read or a line is wrong. */
export const readCities = (path: string): City[] => {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw fileError('ERR_INPUT_FILE', path, error)
  }
  return parseCities(text, path)
}
