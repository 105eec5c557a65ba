/**
 * What the bytes of a captured frame begin with: the numbers of capture files, which tcpdump prints as names.
 * Source: the registry of the tcpdump group, https://www.tcpdump.org/linktypes.html (draft-ietf-opsawg-pcaplinktype).
 */

export const LINK_TYPE = {
  /** BSD loopback: four bytes of address family, in the byte order of the machine that wrote it. */
  null: 0,
  ethernet: 1,
  ppp: 9,
  /** Packets begin with their IPv4 or IPv6 header; the number that Linux' libpcap uses in memory is 12. */
  rawBsd: 12,
  rawOpenBsd: 14,
  pppHdlc: 50,
  pppoe: 51,
  raw: 101,
  /** OpenBSD loopback: four bytes of address family in network order. */
  loop: 108,
  /** Linux cooked, version 1: 16 bytes. */
  linuxSll: 113,
  ipv4: 228,
  ipv6: 229,
  /** Linux cooked, version 2: 20 bytes. */
  linuxSll2: 276,
} as const
