/** A router of a scenario: where it is, how good the line towards it is, and what is odd about it. */

import { z } from 'zod'
import { INTERFACE_ROLES } from '../wire/interface-information.ts'
import { address, place, share } from './scenario-field.ts'

const word = z.number().int().min(0).max(0xffffffff)

/** One label that the packet bore when it expired (RFC 4950), outermost first. */
const mplsLabel = z.strictObject({
  label: z.number().int().min(0).max(0xfffff),
  trafficClass: z.number().int().min(0).max(7).default(0),
  ttl: z.number().int().min(0).max(255).default(1),
})

/** What it tells of an interface (RFC 5837). In answers to IPv6 the address is its IPv6 twin. */
const interfaceInformation = z.strictObject({
  role: z.enum(INTERFACE_ROLES),
  index: word.optional(),
  address: address.optional(),
  name: z.string().max(63).optional(),
  mtu: word.optional(),
})

/** What a router says instead of forwarding: ICMP unreachable codes, and what they are for ICMPv6 (icmp-reason.ts). */
export const REFUSALS = ['network', 'host', 'protocol', 'port', 'source-route', 'admin'] as const

export const router = z.strictObject({
  name: z.string().min(1),
  address,
  place: place.optional(),
  asn: z.number().int().positive().optional(),
  asOrganization: z.string().optional(),
  /** ICMP errors a second that it sends at most, by a token bucket. */
  icmpRatePps: z.number().positive().optional(),
  /** How many tokens the bucket holds, so how many errors it sends at once; one second's worth when absent. */
  icmpBurst: z.number().int().positive().optional(),
  /** Never answers, but forwards. */
  silent: z.boolean().default(false),
  /** Answers ICMP echo to itself; `false` leaves its errors as they are. */
  echo: z.boolean().default(true),
  /** Share of packets that it loses, each direction. */
  loss: share.default(0),
  /** One-way delay of the line towards it, and its uniform spread, milliseconds. */
  delayMs: z.number().min(0).default(1),
  jitterMs: z.number().min(0).default(0),
  /**
   * Translates sources: what lies behind it quotes a rewritten header, with checksums to match. `port`: source ports and
   * ICMP identifiers, too. IPv6 passes untranslated.
   */
  nat: z.union([z.boolean(), z.literal('port')]).default(false),
  /** Its answers come from this address, of another of its interfaces; probes to it reach the router, too. */
  answersFrom: address.optional(),
  /** How many bytes behind the IP header its errors quote; chosen by the seed when absent (8, or up to 548 in all). */
  quotedBytes: z.number().int().min(0).max(1000).optional(),
  /** Labels and interface in its errors (RFC 4884), behind a quotation filled up to 128 bytes. */
  mpls: z.array(mplsLabel).min(1).max(16).optional(),
  interfaceInformation: interfaceInformation.optional(),
  /** Refuses every packet that is not for itself with this ICMP error. */
  unreachable: z.enum(REFUSALS).optional(),
  /**
   * Bytes that the line behind it carries. A longer packet that must not be fragmented is refused with this figure (ICMP
   * type 3 code 4, ICMPv6 packet-too-big); others pass, as if fragmented. IPv6 packets of 1280 bytes always pass (RFC 8200
   * section 5).
   */
  mtu: z.number().int().min(68).max(65_535).optional(),
  /** A black hole: too long packets vanish without a word. */
  mtuSilent: z.boolean().default(false),
  /** A known bug: passes packets on whose TTL is used up, so that the next router quotes a TTL of 0. */
  zeroTtlForward: z.boolean().default(false),
})
