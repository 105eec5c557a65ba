import { describe, expect, it } from 'vitest'
import type { Connection } from '../../../src/core/connection.ts'
import { parseIp } from '../../../src/core/ip.ts'
import { liveBan, liveConnection, livePlace } from '../../../src/services/live-map/live-values.ts'
import { isOnMap } from '../../../src/services/live-map/protocol.ts'

const CONNECTION: Connection = {
  id: 7,
  protocol: 17,
  local: parseIp('192.0.2.1')!,
  localPort: 5353,
  remote: parseIp('2001:db8::9')!,
  remotePort: 53,
  initiator: 'local',
  packetsOut: 1,
  bytesOut: 2,
  packetsIn: 3,
  bytesIn: 4,
  firstUs: 5,
  lastUs: 6,
  tcpState: null,
  rttUs: null,
  name: 'evil\u202Egro.elpmaxe\n<img src=x>',
  nameSource: 'dns',
  process: `x${'y'.repeat(400)}`,
  device: 'eth0',
}

describe('values for pages', () => {
  it('says addresses as text, and strips what strangers could steer a page with', () => {
    const live = liveConnection(CONNECTION, 'dns', null)
    expect(live).toMatchObject({ id: 7, local: '192.0.2.1', remote: '2001:db8::9', service: 'dns', place: null })
    expect(live.name).toBe('evil\uFFFDgro.elpmaxe\uFFFD<img src=x>')
    expect(live.process).toHaveLength(254)
  })

  it.each([
    ['nothing known', {}, null, false],
    ['no provider', null, null, false],
    ['a country alone', { countryCode: 'DE' }, null, false],
    ['coordinates', { latitude: 0, longitude: 0 }, 0, true],
    ['not on Earth', { latitude: 91, longitude: 0, city: 'Nowhere' }, null, false],
  ])('has a place on the map only with coordinates: %s', (_, place, latitude, shown) => {
    const live = livePlace(place)
    expect(live?.latitude ?? null).toBe(latitude)
    expect(isOnMap(live)).toBe(shown)
  })

  it('writes banned networks with their length', () => {
    const event = {
      act: 'ban',
      address: parseIp('198.51.100.0')!,
      prefixLength: 24,
      jail: 'sshd',
      timeUs: null,
    } as const
    expect(liveBan(event, null)).toEqual({
      act: 'ban',
      address: '198.51.100.0/24',
      jail: 'sshd',
      host: null,
      timeUs: null,
      place: null,
    })
  })
})
