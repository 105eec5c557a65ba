/** What is said before a scan of more than a /16 of public space. No question is asked: cron could not answer one. */

import { formatBandwidth, formatCount, formatDuration } from '../../core/units.ts'
import { wireBits } from '../../probe/pacer.ts'
import { prepareProbe, probeCount, type ScanPlan } from '../../probe/scan-plan.ts'
import { subtract } from '../../targets/cidr-set.ts'
import { SPECIAL_PURPOSE_SET } from '../../targets/special-purpose.ts'

const MANY_ADDRESSES = 65_536

/** Addresses of others that the plan may probe. */
const publicAddresses = ({ targets, limit }: ScanPlan): number => {
  const addresses = subtract(targets.addresses, SPECIAL_PURPOSE_SET).size
  return Math.min(addresses, targets.pairs?.addresses.length ?? addresses, limit ?? addresses)
}

/** @returns no lines for a small scan. */
export const bigScanAdvice = (plan: ScanPlan): string[] => {
  const addresses = publicAddresses(plan)
  if (addresses <= MANY_ADDRESSES) return []
  const bits = plan.ratePps * wireBits(prepareProbe(plan).packetBytes)
  const sending = formatDuration((probeCount(plan) * 1e6) / plan.ratePps)
  return [
    `this probes ${formatCount(addresses)} public addresses with ${formatBandwidth(bits)} of your line, for ${sending}`,
    'others will see it: docs/scanning-responsibly.md says how to stay welcome (rate, blocklist, who you are)',
  ]
}
