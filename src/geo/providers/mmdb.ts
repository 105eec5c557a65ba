/** Places out of database files in MaxMind DB format, on this machine. */

import { databaseFromFile } from '../database.ts'
import { defaultLocator } from '../default-locator.ts'
import { openLocal } from '../local-provider.ts'
import { makeLocator } from '../locator.ts'
import { attributionForType } from '../sources.ts'
import type { GeoProvider } from './provider.ts'

export const mmdb: GeoProvider = {
  name: 'mmdb',
  help: 'database files in MaxMind DB format, offline: DB-IP, GeoLite2, IPinfo, …',
  needs: 'a database: interplot geo install fetches a free one, or name a file',
  async open({ databases = [], dataFolder, overlay }) {
    if (databases.length > 0) {
      const opened = databases.map(databaseFromFile)
      // Opened at once: a wrong file shows before any work, and its type tells whom to name.
      const types = opened.map((database) => database.metadata(4)?.databaseType ?? database.name)
      return openLocal('mmdb', {
        locator: makeLocator(opened, overlay),
        databases: overlay === undefined ? types : ['static', ...types],
        attributions: types.flatMap((type) => attributionForType(type) ?? []),
      })
    }
    const { locator, attributions } = defaultLocator(dataFolder, overlay)
    return openLocal('mmdb', { locator, databases: locator.databases, attributions })
  },
}
