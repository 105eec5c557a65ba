/** The locator over whatever is installed, and what a map made with it has to say. */

import { join } from 'node:path'
import { InterplotError } from '../core/errors.ts'
import { databaseFromPair } from './database.ts'
import { installedDatabases } from './installed.ts'
import { type Locator, makeLocator } from './locator.ts'
import type { Overlay } from './overlay.ts'
import { findOverlay, readOverlay } from './overlay-file.ts'

export interface DefaultLocator {
  locator: Locator
  /** `IP Geolocation by DB-IP (https://db-ip.com, CC BY 4.0)`, each once. */
  attributions: string[]
}

/**
 * City before country before the rest, the overlay before all. The files open when first needed.
 * @param overlay the one in the data folder unless said.
 * @throws InterplotError ERR_GEO_MISSING when none is installed; ERR_INPUT_FILE for a wrong overlay.
 */
export const defaultLocator = (dataFolder?: string, overlay?: Overlay): DefaultLocator => {
  const installed = installedDatabases(dataFolder)
  if (installed.length === 0) {
    throw new InterplotError('ERR_GEO_MISSING', 'no geolocation database is installed', {
      advice: 'Run: interplot geo install',
    })
  }
  const databases = installed.map(({ name, folder, ipv4File, ipv6File }) =>
    databaseFromPair(name, { ipv4: join(folder, ipv4File), ipv6: join(folder, ipv6File) }),
  )
  const attributions = installed.map(
    ({ attribution, attributionUrl, licence }) => `${attribution} (${attributionUrl}, ${licence})`,
  )
  const found = overlay === undefined ? findOverlay(dataFolder) : null
  const locator = makeLocator(databases, found === null ? overlay : readOverlay(found))
  return { locator, attributions: [...new Set(attributions)] }
}
