import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openMarkersFile } from '../../../src/commands/watch/markers-file.ts'
import type { WatchedConnection } from '../../../src/commands/watch/watch-model.ts'
import { parseIp } from '../../../src/core/ip.ts'
import { folderFor, temporaryFolder } from '../../temporary-folder.ts'

const folder = temporaryFolder('markers')
const BERLIN = {
  latitude: 52.52,
  longitude: 13.4,
  city: 'Berlin',
  countryCode: 'DE',
  country: 'Germany',
  postalCode: '10115',
}

const seen = (remote: string, lastUs: number, place: WatchedConnection['place'] = BERLIN): WatchedConnection => ({
  ...{
    id: 1,
    protocol: 6,
    local: parseIp('192.168.1.5')!,
    localPort: 50_000,
    remote: parseIp(remote)!,
    remotePort: 443,
  },
  ...{ initiator: 'local', packetsOut: 1, bytesOut: 1, packetsIn: 1, bytesIn: 1, firstUs: 0, lastUs, tcpState: null },
  ...{ rttUs: null, name: null, nameSource: 'none', process: null, device: null },
  ...{ place, rateOut: 0, rateIn: 0, ended: false },
})

const open = async (name: string) => {
  const own = folderFor(folder, name)
  const path = join(own, 'markers.json')
  const markers = await openMarkersFile(path)
  return { markers, read: (): unknown => JSON.parse(readFileSync(path, 'utf8')), files: () => readdirSync(own) }
}

it('is valid when there is nothing yet', async () => {
  const { read, files } = await open('empty')
  expect(read()).toEqual([])
  expect(files()).toEqual(['markers.json'])
})

it('has the fields that existing pages read, once for each pair of ends', async () => {
  const { markers, read } = await open('fields')
  markers.take([seen('198.51.100.7', 10), seen('198.51.100.7', 20), seen('2001:db8::1', 20)])
  await markers.write(0)
  expect(read()).toEqual([
    {
      ...{ lat: 52.52, lng: 13.4, ip: '198.51.100.7', city: 'Berlin', country_code: 'DE', country_name: 'Germany' },
      ...{ zip_code: '10115', src: '192.168.1.5' },
    },
    expect.objectContaining({ ip: '2001:db8::1' }),
  ])
})

it('marks nothing that has no coordinates, and fills what is not known with nothing', async () => {
  const { markers, read } = await open('places')
  markers.take([
    seen('10.0.0.9', 1, null),
    seen('10.0.0.8', 1, { state: 'private' }),
    seen('198.51.100.9', 1, { latitude: 1, longitude: 2 }),
  ])
  await markers.write(0)
  expect(read()).toEqual([
    {
      lat: 1,
      lng: 2,
      ip: '198.51.100.9',
      city: '',
      country_code: '',
      country_name: '',
      zip_code: '',
      src: '192.168.1.5',
    },
  ])
})

it('forgets what was last seen too long ago, to the last, and stays valid', async () => {
  const { markers, read } = await open('purge')
  markers.take([seen('198.51.100.1', 10), seen('198.51.100.2', 30)])
  await markers.write(20)
  expect(read()).toEqual([expect.objectContaining({ ip: '198.51.100.2' })])
  await markers.write(100)
  expect(read()).toEqual([])
})

it('is bounded', async () => {
  const { markers, read } = await open('bound')
  markers.take(Array.from({ length: 10_500 }, (_, i) => seen(`198.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, i)))
  await markers.write(0)
  expect((read() as unknown[]).length).toBe(10_000)
})
