/** Places out of the person's own file alone. The same file goes before every other provider (../overlay.ts). */

import { InterplotError } from '../../core/errors.ts'
import { openLocal } from '../local-provider.ts'
import { makeLocator } from '../locator.ts'
import { findOverlay, readOverlay } from '../overlay-file.ts'
import type { GeoProvider } from './provider.ts'

export const staticProvider: GeoProvider = {
  name: 'static',
  help: 'a CSV or JSON file of your own networks and sites, offline; it also goes before every other provider',
  needs: 'a file: --overlay FILE, or overlay.csv or overlay.json in the data folder under geo/',
  async open({ overlay, dataFolder }) {
    const found = overlay === undefined ? findOverlay(dataFolder) : null
    const used = found === null ? overlay : readOverlay(found)
    if (used === undefined) {
      throw new InterplotError('ERR_USAGE', 'the provider static needs a file of networks, and there is none', {
        advice: 'Name one with --overlay FILE.',
      })
    }
    return openLocal('static', { locator: makeLocator([], used), databases: ['static'], attributions: [] })
  },
}
