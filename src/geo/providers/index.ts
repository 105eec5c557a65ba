/** The geolocation providers. A new one is a file and a line here. */

import { makeRegistry } from '../../core/registry.ts'
import { mmdb } from './mmdb.ts'

export const geoProviders = makeRegistry('geolocation provider', [mmdb])
