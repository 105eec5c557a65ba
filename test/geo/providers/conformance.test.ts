import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatIp, ipv4, parseIp } from '../../../src/core/ip.ts'
import type { Place } from '../../../src/core/place.ts'
import { parseNetwork } from '../../../src/geo/network-list.ts'
import { makeOverlay } from '../../../src/geo/overlay.ts'
import { geoProviders } from '../../../src/geo/providers/index.ts'
import type { GeoProvider, OpenProvider } from '../../../src/geo/providers/provider.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { flatRecord, makeMmdb } from '../mmdb-fixture.ts'
import { environmentFor, KEY, lists } from '../online/lookup.ts'
import { type LocalServer, serve } from '../online/server.ts'
import { askedFor, type Online, worldHandler } from '../online/shapes.ts'

const folder = temporaryFolder('conformance')
const OWN_SITE: Place = { city: 'Own Site', latitude: 1.5, longitude: 2.5 }

interface World {
  /** Where the provider's answers come from; null for those on this machine. */
  server: LocalServer | null
  open(withOverlay: boolean): Promise<OpenProvider>
}

/** What each provider needs to know 11.0.0.0/8 and 2600::/16. */
const worldFor = async (provider: GeoProvider): Promise<World> => {
  const own = makeOverlay('test', [{ ...parseNetwork('11.5.0.0/16')!, place: OWN_SITE }])
  const overlay = (wanted: boolean): { overlay?: typeof own } => (wanted ? { overlay: own } : {})
  if (provider.sendsTo !== undefined) {
    const server = await serve(worldHandler(provider.name as Online))
    const online = {
      baseUrl: server.url,
      budget: 1000,
      environment: environmentFor(provider.name),
      configFolder: folder,
    }
    return { server, open: (withOverlay) => provider.open({ online, ...overlay(withOverlay) }) }
  }
  const data = join(folder, provider.name)
  mkdirSync(join(data, 'geo'), { recursive: true })
  writeFileSync(
    join(data, 'geo', 'overlay.csv'),
    'network,city,latitude,longitude\n11.0.0.0/8,Bonn,50.7,7.1\n2600::/16,Bonn,50.7,7.1\n',
  )
  const file = join(data, 'world.mmdb')
  const record = flatRecord('DE', 'Bonn', 50.7, 7.1)
  writeFileSync(
    file,
    makeMmdb(
      [
        ['11.0.0.0/8', record],
        ['2600::/16', record],
      ],
      { ipVersion: 6, databaseType: 'dbip city' },
    ),
  )
  const databases = provider.name === 'mmdb' ? { databases: [file] } : {}
  return {
    server: null,
    open: (withOverlay) => provider.open({ dataFolder: data, ...databases, ...overlay(withOverlay) }),
  }
}

const PUBLIC = ['11.0.0.1', '11.0.0.2', '11.5.0.9', '11.200.3.4', '2600::1', '2600::2']
const SPECIAL = [
  '10.1.2.3',
  '127.0.0.1',
  '169.254.3.4',
  '192.168.7.7',
  '203.0.113.9',
  '224.0.0.1',
  'fe80::1',
  'fd00::1',
  '::ffff:10.9.9.9',
]

const collect = async (provider: OpenProvider, texts: readonly string[]): Promise<[string, Place | null][]> => {
  const seen: [string, Place | null][] = []
  let reported = 0
  const progress = ({ done }: { done: number }): void => {
    reported = done
  }
  for await (const { addresses, placeIndex, places } of provider.locateMany(lists(...texts), progress)) {
    expect(addresses).toHaveLength(placeIndex.length)
    for (let i = 0; i < placeIndex.length; i += 1) {
      const value = addresses[i]!
      seen.push([formatIp(typeof value === 'number' ? ipv4(value) : value), places[placeIndex[i]!] ?? null])
    }
  }
  expect(reported).toBe(texts.length)
  return seen
}

const inOrder = (texts: readonly string[]): string[] => {
  const { ipv4: four, ipv6 } = lists(...texts)
  return [...[...four].map((each) => formatIp(ipv4(each))), ...ipv6.map(formatIp)]
}

describe.each(geoProviders.entries.map((provider) => [provider.name, provider] as const))(
  'provider %s',
  (_name, provider) => {
    it('describes itself', () => {
      expect(provider.name).toMatch(/^[a-z]+(?:-[a-z]+)*$/)
      expect(provider.help).not.toBe('')
      expect(provider.needs).not.toBe('')
    })

    it('answers for each address once, in ascending order, with a place', async () => {
      const { open } = await worldFor(provider)
      const opened = await open(false)
      expect(opened.name).toBe(provider.name)
      const seen = await collect(opened, PUBLIC)
      expect(seen.map(([address]) => address)).toEqual(inOrder(PUBLIC))
      for (const [, place] of seen)
        expect(Math.abs(place?.latitude ?? 0) + Math.abs(place?.longitude ?? 0)).toBeGreaterThan(0)
    })

    it('private and other special addresses are private, and sent to nobody', async () => {
      const { open, server } = await worldFor(provider)
      const seen = await collect(await open(false), [...SPECIAL, '11.0.0.1'])
      const states = seen.filter(([address]) => address !== '11.0.0.1').map(([, place]) => place?.state)
      expect(states).toEqual(SPECIAL.map(() => 'private'))
      if (server !== null) expect(server.asked.flatMap(askedFor)).toEqual(['11.0.0.1'])
    })

    it('what the person’s own file says wins, and its addresses stay here', async () => {
      const { open, server } = await worldFor(provider)
      const seen = new Map(await collect(await open(true), PUBLIC))
      expect(seen.get('11.5.0.9')).toMatchObject(OWN_SITE)
      if (server !== null) expect(server.asked.flatMap(askedFor)).not.toContain('11.5.0.9')
    })

    it('an address in IPv6 clothes is the IPv4 address in it', async () => {
      const { open } = await worldFor(provider)
      const [[address, place] = ['', null]] = await collect(await open(false), ['::ffff:11.0.0.1'])
      const [[, plain] = ['', null]] = await collect(await open(false), ['11.0.0.1'])
      expect(parseIp(address)).toBe(parseIp('::ffff:11.0.0.1'))
      expect(place).toEqual(plain)
    })

    it('many addresses, each once', async () => {
      const { open } = await worldFor(provider)
      const texts = Array.from({ length: 237 }, (_, i) => `11.0.${i >> 4}.${i & 15}`)
      const seen = await collect(await open(false), texts)
      expect(seen.map(([address]) => address)).toEqual(inOrder(texts))
    })

    it('nothing to say of it holds the key', async () => {
      const { open } = await worldFor(provider)
      const opened = await open(false)
      await collect(opened, PUBLIC)
      const { name, source, attributions } = opened
      const report = opened.report?.()
      expect(
        JSON.stringify({ name, source, attributions, sent: report?.sent, failures: [...(report?.failures ?? [])] }),
      ).not.toContain(KEY)
    })
  },
)
