/**
 * What a probe module is: how a probe to a target looks, which packets answer it, and what an answer says. A module does
 * no I/O and reads no clock: bytes in, bytes and columns out. One file a module, one line in index.ts.
 */

import type { Ipv4 } from '../../core/ip.ts'
import type { Described } from '../../core/registry.ts'
import type { Classification, ReplyBatch } from '../../core/reply-batch.ts'
import type { ReplyField } from '../../core/reply-field.ts'
import type { PacketRecipe } from '../../link/contract.ts'
import type { CookieKey } from '../cookie.ts'

/** Why a packet that arrived is not a reply to this run's probes. */
export const REJECTIONS = ['malformed', 'fragment', 'checksum', 'unrelated', 'cookie'] as const
export type Rejection = (typeof REJECTIONS)[number]
/** What reading a packet came to. */
export type Verdict = 'accepted' | Rejection

export interface ProbeSetup {
  /** Our own addresses, at least one; ip-template.ts picks one for each target. */
  sourceAddresses: readonly Ipv4[]
  /** Our own ports, inclusive. */
  sourcePorts: { first: number; last: number }
  key: CookieKey
  /** False: answers may come from another port than the one probed, so cookies are made with port 0. */
  validatesPort: boolean
  /** Who scans, for payloads with room for it (`--contact`), or null. */
  contact: string | null
  /** Time to live of the probes, 1 … 255. */
  probeTtl: number
  /** Probes to each target. */
  copies: number
  /** `--probe-args`, or null. */
  args: string | null
  /** What the file contains that the arguments name (`argsFile`). */
  argsBytes?: Uint8Array
  /** Largest probe, bytes of IP packet. */
  mtu: number
}

/** A packet's place: the IP header at `offset`, the transport payload from `payload` to before `end`, all absolute. */
export interface PacketSpan {
  bytes: Uint8Array
  offset: number
  payload: number
  end: number
  /** True when the capture cut the packet short, so that checksums can't be verified. */
  cut: boolean
  /** Arrival, on the scale of the link's clock. */
  timeUs: number
  /** For the module to fill: which of its questions the packet answers; 0 before each call. */
  question: number
}

export interface PreparedProbe {
  /** Length of the longest probe, bytes of IP packet. */
  readonly packetBytes: number
  /** What all probes share; written once into each slot. */
  writeTemplate(bytes: Uint8Array, offset: number): void
  /**
   * Completes the probe in a slot that holds the template. `copy` counts the probes to the same target from 0.
   * @returns the probe's length, bytes of IP packet.
   */
  writeTarget(bytes: Uint8Array, offset: number, address: number, port: number, copy: number): number
  /** Puts the time of sending into a complete probe, right before it leaves; absent where a probe has none. */
  writeTime?(bytes: Uint8Array, offset: number, nowUs: number): void
  /**
   * Reads a direct answer (not an ICMP error) that came from the probed address. On 'accepted' row `row` of `batch` has
   * every column filled but timeUs, target, address, ttl, ipId and flags' repeat bits, which the reader fills.
   */
  readReply(span: PacketSpan, source: number, batch: ReplyBatch, row: number): Verdict
  /**
   * Whether the transport header quoted in an ICMP error (at `span.payload`, at least eight bytes) is that of our probe
   * to `target`. On 'accepted' the columns port and localPort are filled.
   */
  readQuoted(span: PacketSpan, target: number, batch: ReplyBatch, row: number): Verdict
  /** The same probe as data, for links that make their packets themselves; absent where a probe is more than that. */
  readonly recipe?: PacketRecipe
}

export interface ProbeModule extends Described {
  /** Of the direct answers. */
  readonly protocol: 'icmp' | 'tcp' | 'udp'
  /** IP protocol number of the probes, where it is another than the answers'. */
  readonly probeProtocol?: number
  /** Answers come to the probed port from ours, instead of the other way round. */
  readonly mirrorsPorts?: boolean
  /** Bytes of an answer that it keeps in the batch's heap, at most; 0 = the columns say everything. */
  readonly keepsBytes: number
  /** Whether targets have a port. */
  readonly usesPorts: boolean
  /** Classifications that mean "there is a service". */
  readonly success: readonly Classification[]
  /** What `--probe-args` may be, one line or several, or null when it takes none. */
  readonly argsHelp: string | null
  /** The file that the arguments name, which whoever calls `prepare` reads into `argsBytes`, or null. */
  argsFile?(args: string): string | null
  /** Probes to each target that the arguments ask for, where it is more than one; `copies` must be a multiple. */
  probesPerTarget?(args: string): number
  /** What its answers say beyond the common fields, read from the batch's columns and `replyData`; zmap's names and order. */
  readonly fields: readonly ReplyField[]
  /** @throws InterplotError ERR_USAGE for arguments that it does not understand. */
  prepare(setup: ProbeSetup): PreparedProbe
}
