/**
 * Where packets leave and arrive. Everything that probes stands on this contract and nothing below it: the simulated
 * Internet, AF_PACKET, the portable raw sockets and the fault injector are interchangeable behind it.
 *
 * A link carries IP packets (it adds and removes Ethernet or tunnel framing itself). It has two halves that share
 * nothing, so that each can be opened in a thread of its own: a transmitter with preallocated slots that the caller
 * writes packets into, and a receiver that lends each arriving packet for the length of one call. `LinkSpec` is plain data:
 * one thread resolves it, others open halves from a copy.
 *
 * One open link carries one family: IPv6 when its spec has `sourceAddress6`, IPv4 otherwise.
 */

import type { Clock } from '../core/clock.ts'
import type { Ipv4, Ipv6 } from '../core/ip.ts'
import type { Described } from '../core/registry.ts'
import type { TargetBatch, TargetSpace } from '../core/target-batch.ts'

export type IpProtocol = 'icmp' | 'tcp' | 'udp'

/** Identifier 0 … 4094 (0 = priority alone) and priority 0 … 7. */
export interface VlanTag {
  id: number
  priority: number
}

/** What the person may say about the way out; everything else is found. */
export interface LinkOptions {
  interfaceName?: string
  sourceAddress?: Ipv4
  /** With it, or with `sampleTarget6`, the way out for IPv6 is found, and `sourceAddress` is not looked at. */
  sourceAddress6?: Ipv6
  /** `02:00:00:00:00:0b` */
  gatewayMac?: string
  /** Sender's address in the Ethernet frames, instead of the interface's own. */
  sourceMac?: string
  /** 802.1Q tag of the frames. */
  vlan?: VlanTag
  /** IP packets through the kernel's routing, whatever the interface. */
  ipLayer?: boolean
  /** A target to ask the route table about. */
  sampleTarget?: Ipv4
  /** The same for IPv6. */
  sampleTarget6?: Ipv6
}

/** All that is needed to open a half of the link in any thread; cloneable. */
export interface LinkSpec {
  /** The link's name in the registry. */
  link: string
  /** 0 in a spec for IPv6. */
  sourceAddress: Ipv4
  /** The link sends and hands over IPv6 packets, nothing else. */
  readonly sourceAddress6?: Ipv6
  interfaceName: string
  /** Largest IP packet, bytes. */
  mtu: number
  /** Further facts that only the link itself reads. */
  details: Readonly<Record<string, string | number | boolean>>
}

export interface TransmitterOptions {
  /** Bytes for each packet; a multiple of 16. */
  slotBytes: number
  /** Packets a batch can hold. */
  slots: number
  /** How often what the kernel would not take (ENOBUFS, EAGAIN) is tried again; absent = for about a tenth of a second. */
  retries?: number
}

export interface TransmitterCounters {
  sent: number
  /** Batches that the kernel would not take at once (ENOBUFS, EAGAIN) and that were tried again. */
  backoffs: number
  /** Packets given up after the retries. */
  failed: number
}

export interface Transmitter {
  /** What the person should know about it: why it is not of the kind that was asked for. */
  readonly note?: string
  /** Slot i starts at byte i × slotBytes. Slots keep what was written: a template is written once. */
  readonly memory: Uint8Array
  /** Length in bytes of the IP packet in each slot. */
  readonly lengths: Uint16Array
  /**
   * Sends slots 0 … count-1; slot i must hold an IP packet of the link's family to targets.addresses[i]
   * (IPv6: targets.addresses6[i]), otherwise it throws ERR_INTERNAL before anything of the batch leaves.
   * @returns how many left. Less than `count` means that the rest was given up and counted as failed.
   * @throws InterplotError ERR_LINK_SEND when the link is gone (interface down, no route).
   */
  send(targets: TargetBatch, count: number): number | Promise<number>
  counters(): TransmitterCounters
  close(): void | Promise<void>
}

/**
 * What the kernel should let through: IPv4 packets to one of `destinations` of these protocols. With `destinations6`, IPv6
 * packets to one of those ('icmp' means ICMPv6), and every one to them that has an extension header.
 */
export interface CaptureFilter {
  destinations: readonly Ipv4[]
  /** `destinations` is empty then. */
  destinations6?: readonly Ipv6[]
  protocols: readonly IpProtocol[]
  /** Our own ports: TCP and UDP packets to other ports are not wanted. Inclusive. */
  ports?: { first: number; last: number }
}

export interface ReceiverOptions {
  filter: CaptureFilter
  /** Bytes of each packet to keep. */
  snapBytes: number
}

/**
 * One arrived IP packet: `length` bytes at `bytes[offset]`, cut to the snap length, valid only during the call; `timeUs`
 * is on the scale of the link's clock. `unsummed`: its checksums say nothing, because the sender left them to a device that it
 * never reached, or because the link cannot tell whether it did.
 */
export type PacketHandler = (
  bytes: Uint8Array,
  offset: number,
  length: number,
  timeUs: number,
  unsummed?: boolean,
) => void

export interface ReceiverCounters {
  received: number
  /** Lost before we saw them: the kernel's own count. */
  droppedByKernel: number
  /** How often the interface went down while listening; absent where the link cannot tell. */
  outages?: number
}

export interface Receiver {
  /**
   * Hands over what has arrived, waiting up to `timeoutMs` while there is nothing.
   * @returns the number of packets handed over.
   */
  poll(onPacket: PacketHandler, timeoutMs: number): number | Promise<number>
  /** True while the receive buffer is filling faster than it is read: senders should pause. */
  underPressure(): boolean
  counters(): ReceiverCounters
  close(): void | Promise<void>
}

/** A value that goes into each packet, big endian at byte `at` of the IP packet. */
export type RecipeField =
  /** The target's port, 16 bits. */
  | { readonly value: 'port'; readonly at: number }
  /** The cookie's first word, 32 bits. */
  | { readonly value: 'cookie'; readonly at: number }
  /** base + ((word + copy) mod count), 16 bits, where word is one of the cookie's two. */
  | {
      readonly value: 'source-port'
      readonly at: number
      readonly word: 'first' | 'second'
      readonly base: number
      readonly count: number
    }

/**
 * How to make the probe to any target, as data. The cookie is HalfSipHash-1-3 with 64 bits of output over six bytes: the
 * target's address and its port (or 0), little endian (see probe/cookie.ts). The IP identification is the upper half of its second word.
 */
export interface PacketRecipe {
  /** A whole IP packet with everything constant; destination, identification, the fields and the checksums are 0. */
  readonly template: Uint8Array
  readonly cookieKey: { readonly k0: number; readonly k1: number }
  readonly cookieHasPort: boolean
  readonly fields: readonly RecipeField[]
  /** The transport's checksum: its place, where its sum begins, with the pseudo-header or not, and whether 0 is sent as all ones. */
  readonly checksum: {
    readonly at: number
    readonly from: number
    readonly pseudoHeader: boolean
    readonly zeroIsOnes: boolean
  }
}

export interface GeneratorOptions {
  recipe: PacketRecipe
  targets: TargetSpace
  /** Probes to each target, one after the other. */
  copies: number
  ratePps: number
}

/** Makes and sends all probes of a walk below this program (in the kernel), while the caller only steers. */
export interface PacketGenerator {
  /**
   * Resolves when the walk is done or `stop` took effect.
   * @throws InterplotError ERR_LINK_UNAVAILABLE when nothing leaves although no call failed (position() says from where
   *   another way has to go on); ERR_LINK_SEND when the link is gone.
   */
  run(): Promise<void>
  /** Takes effect within 100 ms; 0 pauses. */
  setRatePps(ratePps: number): void
  /** Takes effect within 100 ms. */
  stop(): void
  counters(): TransmitterCounters
  /** Every target of the walk before this position has been sent. */
  position(): number
  close(): void | Promise<void>
}

export interface Link {
  readonly spec: LinkSpec
  readonly clock: Clock
  openTransmitter(options: TransmitterOptions): Transmitter
  openReceiver(options: ReceiverOptions): Receiver
  /** Where the link can make packets itself. @throws InterplotError ERR_LINK_UNAVAILABLE with the reason when it can't here. */
  openGenerator?(options: GeneratorOptions): PacketGenerator
  close(): void | Promise<void>
}

export interface OpenOptions {
  /** True in a thread that has nothing else to do: waiting may block it. */
  mayBlock: boolean
}

export interface LinkKind extends Described {
  /** What it takes to open one: "root or CAP_NET_RAW". */
  readonly needs: string
  /** Whether transmitters and receivers work in threads of their own. */
  readonly threads: boolean
  /** Why it sends from one thread only, where it does. */
  readonly oneSender?: string
  /** Whether it writes Ethernet frames, so that their sender and their VLAN can be chosen. */
  readonly frames: boolean
  /** Why it can't be used on this machine, or null. Opens nothing. */
  unavailable(): string | null
  /** Finds interface, source address and gateway. @throws InterplotError with what to do. */
  resolve(options: LinkOptions): LinkSpec | Promise<LinkSpec>
  open(spec: LinkSpec, options: OpenOptions): Link
}
