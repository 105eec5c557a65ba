/** How many IPv4 addresses each country has, by the databases that are installed. */

import { InterplotError } from '../../core/errors.ts'
import { wholeDatabases } from '../../geo/whole-databases.ts'
import type { Terminal } from '../terminal.ts'

/**
 * By the first database that knows countries: ISO 3166-1 alpha-2 → addresses.
 * @throws InterplotError ERR_GEO_MISSING when none does.
 */
export const allocatedByCountry = (terminal: Terminal): Map<string, number> => {
  for (const { source } of wholeDatabases(undefined, (name) => terminal.progress(`flattening ${name}`))) {
    const counts = new Map<string, number>()
    source.forEachIpv4((_first, bits, place) => {
      const code = source.place(place)?.countryCode
      if (code !== undefined) counts.set(code, (counts.get(code) ?? 0) + 2 ** (32 - bits))
    })
    if (counts.size > 0) return counts
  }
  throw new InterplotError('ERR_GEO_MISSING', 'no database here knows countries', {
    advice: 'Run: interplot geo install',
  })
}
