/** The provider that a person chooses for `interplot geolocate`, and what there is to say of it afterwards. */

import { InterplotError } from '../../core/errors.ts'
import { formatCount } from '../../core/units.ts'
import { findOverlay, readOverlay } from '../../geo/overlay-file.ts'
import { geoProviders } from '../../geo/providers/index.ts'
import type { OpenProvider } from '../../geo/providers/provider.ts'

export interface ProviderChoice {
  provider?: string
  database?: readonly string[]
  providerUrl?: string
  budget?: number
  overlay?: string
}

const refuse = (option: string, advice: string): InterplotError =>
  new InterplotError('ERR_USAGE', `${option} does not go with this provider`, { advice })

/** @throws InterplotError ERR_GEO_MISSING, ERR_GEO_DATABASE, ERR_GEO_KEY, ERR_INPUT_FILE, ERR_UNKNOWN_NAME, ERR_USAGE */
export const chooseProvider = async (choice: ProviderChoice): Promise<OpenProvider> => {
  const { database, providerUrl, budget } = choice
  const provider = geoProviders.get(choice.provider ?? 'mmdb')
  if (provider.sendsTo === undefined && providerUrl !== undefined)
    throw refuse('--provider-url', 'Name one that asks a server: --provider ipstack, ipgeolocation or freegeoip.')
  if (provider.sendsTo === undefined && budget !== undefined)
    throw refuse('--budget', 'Databases on this machine answer without limit.')
  if (database !== undefined && provider.name !== 'mmdb') throw refuse('--database', 'Leave it out, or --provider.')
  const overlayPath = choice.overlay ?? findOverlay()
  return provider.open({
    ...(database === undefined ? {} : { databases: database }),
    ...(overlayPath === null ? {} : { overlay: readOverlay(overlayPath) }),
    online: {
      ...(providerUrl === undefined ? {} : { baseUrl: providerUrl }),
      ...(budget === undefined ? {} : { budget }),
    },
  })
}

/** What was sent and what failed, for the person; nothing for providers on this machine. */
export const lookupNotes = (provider: OpenProvider): string[] => {
  const report = provider.report?.()
  if (report === undefined) return []
  const notes = [`sent ${formatCount(report.sent)} addresses to ${provider.name}`]
  for (const [reason, count] of report.failures) notes.push(`${formatCount(count)} stay not looked up: ${reason}`)
  return notes
}
