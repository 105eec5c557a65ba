/** The locator over whatever is installed, and what a map made with it has to say. */

import { openInstalled } from './installed-databases.ts'
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
  const databases = openInstalled(dataFolder)
  const attributions = databases.map(
    ({ installed: { attribution, attributionUrl, licence } }) => `${attribution} (${attributionUrl}, ${licence})`,
  )
  const found = overlay === undefined ? findOverlay(dataFolder) : null
  const locator = makeLocator(databases, found === null ? overlay : readOverlay(found))
  return { locator, attributions: [...new Set(attributions)] }
}
