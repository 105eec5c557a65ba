/** A prepared probe as data, for links that make their packets themselves. */

import type { PacketRecipe } from '../../link/contract.ts'
import { writeUint32 } from '../../wire/bytes.ts'
import { IPV4_OFFSET } from '../../wire/ipv4.ts'
import type { PreparedProbe, ProbeSetup } from './contract.ts'

/** Adds the recipe, where all probes have one source address. */
export const withRecipe = (
  prepared: PreparedProbe,
  { sourceAddresses, key }: ProbeSetup,
  rest: Pick<PacketRecipe, 'cookieHasPort' | 'fields' | 'checksum'>,
): PreparedProbe => {
  if (sourceAddresses.length > 1) return prepared
  const template = new Uint8Array(prepared.packetBytes)
  prepared.writeTemplate(template, 0)
  writeUint32(template, IPV4_OFFSET.source, sourceAddresses[0]!)
  return { ...prepared, recipe: { template, cookieKey: key, ...rest } }
}
