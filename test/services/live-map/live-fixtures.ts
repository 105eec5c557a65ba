/** Connections and totals that tests feed to a live map. */

import type { LiveConnection, LivePlace, LiveTotals } from '../../../src/services/live-map/protocol.ts'

export const placeAt = (latitude: number, longitude: number, city: string | null = null): LivePlace => ({
  latitude,
  longitude,
  city,
  countryCode: 'DE',
  country: 'Germany',
  asn: 64500,
  organization: 'Example Networks',
  accuracyKm: null,
})

export const aConnection = (id: number, change: Partial<LiveConnection> = {}): LiveConnection => ({
  id,
  protocol: 6,
  service: 'https',
  local: '192.0.2.1',
  localPort: 40_000,
  remote: '203.0.113.9',
  remotePort: 443,
  name: null,
  process: null,
  initiator: 'local',
  state: 'established',
  packetsOut: 1,
  bytesOut: 60,
  packetsIn: 1,
  bytesIn: 60,
  rttUs: null,
  firstUs: 1_000_000,
  lastUs: 1_000_000,
  place: null,
  ...change,
})

export const totalsOf = (change: Partial<LiveTotals> = {}): LiveTotals => ({
  packets: 0,
  bytes: 0,
  packetsPerSecond: 0,
  bitsPerSecond: 0,
  flows: 0,
  unlocated: 0,
  evicted: 0,
  dropped: 0,
  ...change,
})

export const BAN_TOTALS = { bans: 1, unbans: 0, attempts: 0, unlocated: 0 }

/** A second. */
export const S = 1_000_000
