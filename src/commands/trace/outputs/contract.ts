/** What prints a trace: for people, or for one program or another. Exactly one of them writes to standard output. */

import type { IpAddress } from '../../../core/ip.ts'
import type { TraceHop } from '../../../core/trace.ts'
import type { AddressPlaces } from '../../address-places.ts'
import type { HostNames } from '../host-names.ts'
import { type AddressFacts, addressesOf, type ShownTrace, shownTrace, type TraceFinding } from '../shown-trace.ts'
import type { TracedHost } from '../trace-hosts.ts'

export interface TraceStart {
  host: TracedHost
  /** Kind of probe and flow rule. */
  method: string
  source: IpAddress
  /** Of one probe. */
  packetBytes: number
  tos: number
  startedUs: number
}

export interface OutputOptions {
  firstTtl: number
  maxTtl: number
  /** Probes to each TTL. */
  attempts: number
  maskHops: number
  /** More is found out when the hops are known, and belongs beside them. */
  holdsLines: boolean
  names: HostNames
  places: AddressPlaces
  /** Takes whole lines. */
  print(text: string): void
}

export interface TraceOutput {
  begin(start: TraceStart): void
  onSent?(ttl: number, attempt: number): void
  onHop?(hop: TraceHop): void
  end(finding: TraceFinding): Promise<void>
  /** After the last trace. */
  close?(): void
}

/** The trace as it may be shown, with the names of all that it shows. */
export const withFacts = async (
  finding: TraceFinding,
  { maskHops, names, places }: OutputOptions,
): Promise<{ trace: ShownTrace; facts: AddressFacts }> => {
  const trace = shownTrace(finding, maskHops)
  const addresses = [...addressesOf(trace)]
  const found = new Map(
    await Promise.all(addresses.map(async (address) => [address, await names.name(address)] as const)),
  )
  const facts: AddressFacts = {
    name: (address) => found.get(address) ?? null,
    place: (address) => places.place(address),
    attributions: places.attributions,
  }
  return { trace, facts }
}
