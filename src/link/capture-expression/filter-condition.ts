/** What a capture filter says, as a tree: what its parser makes and its compiler reads. */

export type Direction = 'source' | 'destination' | 'either' | 'both'

export type Operation = '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^' | '<<' | '>>'
export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>='

export type FilterValue =
  | { kind: 'number'; value: number }
  | { kind: 'length' }
  /** `protocol` of ether, ip, ip6, arp, rarp or a transport. */
  | { kind: 'load'; protocol: string; index: FilterValue; loadBytes: 1 | 2 | 4; column: number }
  | { kind: 'operation'; operation: Operation; left: FilterValue; right: FilterValue; column: number }
  | { kind: 'negative'; of: FilterValue }

/** Tests that stand for themselves; `column` is where they begin in the text, from 1. */
export type FilterTest = { column: number } & (
  | { kind: 'ether-type'; etherType: number }
  | { kind: 'ip-protocol'; family: 'ip' | 'ip6' | 'both'; protocol: number }
  /** Of the kinds of packet that say addresses: IPv4's, ARP's, reverse ARP's. */
  | { kind: 'ipv4'; within: readonly ('ip' | 'arp' | 'rarp')[]; direction: Direction; address: number; mask: number }
  | { kind: 'ipv6'; direction: Direction; address: bigint; mask: bigint }
  | { kind: 'mac'; direction: Direction; address: Uint8Array }
  | { kind: 'ports'; transports: readonly number[]; direction: Direction; first: number; last: number }
  | { kind: 'vlan'; id: number | null }
  | { kind: 'pppoe-session'; id: number | null }
  | { kind: 'multicast'; of: 'ether' | 'ip' | 'ip6' }
  | { kind: 'ip-broadcast' }
  | { kind: 'outbound' }
  | { kind: 'compare'; comparison: Comparison; left: FilterValue; right: FilterValue }
)

export type FilterCondition =
  | { kind: 'everything' }
  | { kind: 'and' | 'or'; left: FilterCondition; right: FilterCondition }
  | { kind: 'not'; of: FilterCondition }
  | FilterTest
