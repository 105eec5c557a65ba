/** What `interplot geolocate` is told. */

import type { Point } from '../../core/great-circle.ts'
import type { InputFormat } from '../../geo/address-line.ts'
import type { OpenProvider } from '../../geo/providers/provider.ts'
import { chooseProvider } from './geolocate-provider.ts'

export interface GeolocateOptions {
  file?: string
  database?: string[]
  provider?: string
  providerUrl?: string
  budget?: number
  overlay?: string
  refresh?: boolean
  column?: string
  inputFormat?: InputFormat
  keepColumns?: boolean
  /** Where probes left from, for runs that don't say. */
  vantage?: Point
  outputFile?: string
  outputModule?: string
  headerRow?: boolean
  strict?: boolean
  quiet?: boolean
  json?: boolean
}

/** @throws InterplotError ERR_GEO_MISSING, ERR_GEO_DATABASE, ERR_GEO_KEY, ERR_INPUT_FILE, ERR_UNKNOWN_NAME, ERR_USAGE */
export const openProvider = (options: GeolocateOptions): Promise<OpenProvider> => chooseProvider(options)
