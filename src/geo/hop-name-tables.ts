/** The rules and codes for places in names of routers, from the files of this package. */

import { readFileSync } from 'node:fs'
import { splitCsv } from '../core/csv-record.ts'
import { fileError } from '../core/errors.ts'
import { packageRoot } from '../core/package-root.ts'
import type { HopNameTables } from './hop-name-place.ts'

interface RulesFile {
  rules: { name: string; pattern: string; confidence: number }[]
  aliases: Record<string, string>
  notCodes: string[]
  domainSecondLevels: string[]
}

const readData = (name: string): string => {
  const path = new URL(`data/${name}`, packageRoot)
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw fileError('ERR_INPUT_FILE', path.pathname, cause)
  }
}

/** @throws InterplotError ERR_INPUT_FILE when a file of the installation is missing. */
export const readHopNameTables = (): HopNameTables => {
  const [, ...lines] = readData('hop-codes.csv').trim().split('\n')
  const rules = JSON.parse(readData('hop-name-rules.json')) as RulesFile
  return {
    cities: lines.map((line) => {
      const [code = '', city = '', countryCode = '', latitude, longitude] = splitCsv(line) ?? []
      return { code, city, countryCode, latitude: Number(latitude), longitude: Number(longitude) }
    }),
    rules: rules.rules.map(({ pattern, ...rule }) => ({ ...rule, pattern: new RegExp(pattern) })),
    aliases: new Map(Object.entries(rules.aliases)),
    notCodes: new Set(rules.notCodes),
    domainSecondLevels: new Set(rules.domainSecondLevels),
  }
}
