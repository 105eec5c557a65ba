/**
 * Addresses that are no ordinary host's on the public Internet: the IANA IPv4 and IPv6 Special-Purpose Address Registries
 * (RFC 6890 as amended), with multicast (RFC 5771, RFC 4291) and the reserved class E (RFC 1112 section 4).
 */

export interface SpecialPurposeRange {
  prefix: string
  purpose: string
  source: string
  /** The address is at many places on purpose. */
  anycast?: true
}

export const SPECIAL_PURPOSE_IPV4: readonly SpecialPurposeRange[] = [
  { prefix: '0.0.0.0/8', purpose: 'this network', source: 'RFC 791' },
  { prefix: '10.0.0.0/8', purpose: 'private use', source: 'RFC 1918' },
  { prefix: '100.64.0.0/10', purpose: 'shared address space', source: 'RFC 6598' },
  { prefix: '127.0.0.0/8', purpose: 'loopback', source: 'RFC 1122' },
  { prefix: '169.254.0.0/16', purpose: 'link local', source: 'RFC 3927' },
  { prefix: '172.16.0.0/12', purpose: 'private use', source: 'RFC 1918' },
  { prefix: '192.0.0.0/24', purpose: 'IETF protocol assignments', source: 'RFC 6890' },
  { prefix: '192.0.2.0/24', purpose: 'documentation (TEST-NET-1)', source: 'RFC 5737' },
  { prefix: '192.31.196.0/24', purpose: 'AS112-v4', source: 'RFC 7535', anycast: true },
  { prefix: '192.52.193.0/24', purpose: 'AMT', source: 'RFC 7450', anycast: true },
  { prefix: '192.88.99.0/24', purpose: 'deprecated 6to4 relay anycast', source: 'RFC 7526', anycast: true },
  { prefix: '192.168.0.0/16', purpose: 'private use', source: 'RFC 1918' },
  { prefix: '192.175.48.0/24', purpose: 'direct delegation AS112', source: 'RFC 7534', anycast: true },
  { prefix: '198.18.0.0/15', purpose: 'benchmarking', source: 'RFC 2544' },
  { prefix: '198.51.100.0/24', purpose: 'documentation (TEST-NET-2)', source: 'RFC 5737' },
  { prefix: '203.0.113.0/24', purpose: 'documentation (TEST-NET-3)', source: 'RFC 5737' },
  { prefix: '224.0.0.0/4', purpose: 'multicast', source: 'RFC 5771' },
  { prefix: '240.0.0.0/4', purpose: 'reserved', source: 'RFC 1112' },
  { prefix: '255.255.255.255/32', purpose: 'limited broadcast', source: 'RFC 919' },
]

export const SPECIAL_PURPOSE_IPV6: readonly SpecialPurposeRange[] = [
  { prefix: '::/128', purpose: 'unspecified', source: 'RFC 4291' },
  { prefix: '::1/128', purpose: 'loopback', source: 'RFC 4291' },
  { prefix: '64:ff9b:1::/48', purpose: 'local-use translation', source: 'RFC 8215' },
  { prefix: '100::/64', purpose: 'discard only', source: 'RFC 6666' },
  { prefix: '2001:2::/48', purpose: 'benchmarking', source: 'RFC 5180' },
  { prefix: '2001:3::/32', purpose: 'AMT', source: 'RFC 7450', anycast: true },
  { prefix: '2001:4:112::/48', purpose: 'AS112-v6', source: 'RFC 7535', anycast: true },
  { prefix: '2001:20::/28', purpose: 'ORCHIDv2', source: 'RFC 7343' },
  { prefix: '2001:db8::/32', purpose: 'documentation', source: 'RFC 3849' },
  { prefix: '2620:4f:8000::/48', purpose: 'direct delegation AS112', source: 'RFC 7534', anycast: true },
  { prefix: '3fff::/20', purpose: 'documentation', source: 'RFC 9637' },
  { prefix: '5f00::/16', purpose: 'segment routing identifiers', source: 'RFC 9602' },
  { prefix: 'fc00::/7', purpose: 'unique local', source: 'RFC 4193' },
  { prefix: 'fe80::/10', purpose: 'link local', source: 'RFC 4291' },
  { prefix: 'ff00::/8', purpose: 'multicast', source: 'RFC 4291' },
]
