/** Connections to show, with what matters changed. */

import type { WatchedConnection } from '../../../../src/commands/watch/watch-model.ts'
import { ipv4, parseIp } from '../../../../src/core/ip.ts'
import type { Place } from '../../../../src/core/place.ts'

export const BERLIN: Place = {
  ...{ city: 'Berlin', country: 'Germany', countryCode: 'DE', latitude: 52.5, longitude: 13.4 },
  ...{ asn: 64500, asOrganization: 'Example Net' },
}
export const TOKYO: Place = {
  ...{ city: '東京', country: 'Japan', countryCode: 'JP', latitude: 35.7, longitude: 139.7 },
  ...{ asn: 64501, asOrganization: 'サンプル' },
}

export const START_US = 1_700_000_000e6

export const watched = (id: number, more: Partial<WatchedConnection> = {}): WatchedConnection => ({
  ...{ id, protocol: 6, local: parseIp('192.168.1.5')!, localPort: 40_000 + id, remotePort: 443 },
  ...{ remote: ipv4(0xc6336400 + id), initiator: 'local', packetsOut: 2, bytesOut: 200, packetsIn: 3, bytesIn: 3000 },
  ...{ firstUs: START_US + id, lastUs: START_US + 60e6, tcpState: 'established', rttUs: 12_300 },
  ...{ name: null, nameSource: 'none', process: null, device: 'eth0' },
  ...{ place: null, rateOut: 0, rateIn: 0, ended: false },
  ...more,
})
