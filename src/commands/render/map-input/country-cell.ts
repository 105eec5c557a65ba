/** The country of a row: by its code, or by its English name where a table has no codes. */

import { foldName } from '../../../core/folded-name.ts'
import { countryNames } from '../../../targets/country-names.ts'
import { cellText } from './cell-values.ts'
import type { TableRow } from './table-columns.ts'

const CODE = /^[A-Z]{2}$/
const CACHE_MAX = 10_000

const codes = new Map<string, string | null>()

/** Codes by any name; names repeat, so each is looked up once. */
const codeOfName = (name: string): string | null => {
  const known = codes.get(name)
  if (known !== undefined) return known
  const code = name.length > 100 ? null : (countryNames().codes.get(foldName(name)) ?? null)
  if (codes.size < CACHE_MAX) codes.set(name, code)
  return code
}

/** ISO 3166-1 alpha-2, or null. */
export const codeOfCountry = (row: TableRow): string | null => {
  const code = cellText(row.cell('countryCode'))
  if (code !== null) return CODE.test(code) ? code : codeOfName(code)
  const name = cellText(row.cell('country'))
  return name === null ? null : codeOfName(name)
}
