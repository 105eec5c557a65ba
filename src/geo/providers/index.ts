/** The geolocation providers. A new one is a file and a line here. */

import { makeRegistry } from '../../core/registry.ts'
import { freegeoip } from './freegeoip.ts'
import { ipgeolocation } from './ipgeolocation.ts'
import { ipstack } from './ipstack.ts'
import { mmdb } from './mmdb.ts'
import { staticProvider } from './static.ts'

export const geoProviders = makeRegistry('geolocation provider', [
  mmdb,
  staticProvider,
  ipstack,
  ipgeolocation,
  freegeoip,
])
