/** A scan over a network in virtual time, ready to be run: what every test of whole scans begins with. */

import type { Link } from '../../src/link/contract.ts'
import { type SimNetwork, simLinkKind } from '../../src/link/sim-link.ts'
import { makeScanControl, type ScanControl } from '../../src/probe/scan-control.ts'
import type { ScanPlan } from '../../src/probe/scan-plan.ts'
import { cidrSet } from '../../src/targets/cidr-set.ts'
import { makeTargetSet } from '../../src/targets/target-set.ts'
import { parseTargetArguments } from '../../src/targets/target-syntax.ts'
import { TEST_SOURCE, testPlan } from '../probe/test-plan.ts'

export interface SimScan {
  plan: ScanPlan
  link: Link
  control: ScanControl
}

/** @param targets addresses and prefixes. @param ports [0] for a module without ports. */
export const simScan = async (
  network: SimNetwork,
  targets: readonly string[],
  ports: readonly number[],
  more: Partial<ScanPlan> = {},
): Promise<SimScan> => {
  const kind = simLinkKind(network, { sourceAddress: TEST_SOURCE })
  const link = kind.open(await kind.resolve({}), { mayBlock: true })
  const plan = testPlan(makeTargetSet(cidrSet(parseTargetArguments(targets).ranges), Uint16Array.from(ports)), more)
  const control = makeScanControl()
  control.setRatePps(plan.ratePps)
  return { plan, link, control }
}
