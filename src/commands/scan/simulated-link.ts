/** A scenario as something to probe: the in-process Internet behind a simulated link, its clock starting now. */

import { systemClock } from '../../core/clock.ts'
import { InterplotError } from '../../core/errors.ts'
import { parseIpv4 } from '../../core/ip.ts'
import { type Internet, makeInternet } from '../../lab/internet.ts'
import { twinOf } from '../../lab/ipv6-twin.ts'
import type { Scenario } from '../../lab/scenario.ts'
import type { LinkKind } from '../../link/contract.ts'
import { simLinkKind } from '../../link/sim-link.ts'

export const simulate = (scenario: Scenario): { internet: Internet; kind: LinkKind } => {
  const sourceAddress = parseIpv4(scenario.vantage.address)
  if (sourceAddress === null) throw new InterplotError('ERR_INTERNAL', 'the vantage point of a scenario has no address')
  const internet = makeInternet(scenario)
  return {
    internet,
    kind: simLinkKind(internet, {
      sourceAddress,
      sourceAddress6: twinOf(sourceAddress),
      startUs: Math.round(systemClock.nowUs()),
    }),
  }
}
