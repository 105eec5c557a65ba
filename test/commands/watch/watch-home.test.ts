import { describe, expect, it } from 'vitest'
import type { AddressPlaces } from '../../../src/commands/address-places.ts'
import { makeHomeFinder } from '../../../src/commands/watch/watch-home.ts'
import { parseIp } from '../../../src/core/ip.ts'
import type { Place } from '../../../src/core/place.ts'

describe('home', () => {
  const PARIS: Place = { latitude: 48.86, longitude: 2.35, city: 'Paris', countryCode: 'FR' }
  const places = (known: Readonly<Record<string, Place>>): AddressPlaces => ({
    ...{ attributions: [], note: null },
    place: (address) => Object.entries(known).find(([text]) => parseIp(text) === address)?.[1] ?? null,
  })
  const homeAfter = (
    known: Readonly<Record<string, Place>>,
    seen: readonly string[],
    said?: { latitude: number; longitude: number },
  ) => {
    const finder = makeHomeFinder(said, places(known))
    for (const text of seen) finder.see(parseIp(text)!)
    return finder.home
  }
  const overlay: Place = { latitude: 1, longitude: 2, city: 'Lab', state: 'private' }
  it.each([
    [
      'what the person says',
      { '198.51.100.7': PARIS },
      ['198.51.100.7'],
      { latitude: 5, longitude: 6 },
      { point: { latitude: 5, longitude: 6 } },
    ],
    [
      'a public address of this side',
      { '198.51.100.7': PARIS },
      ['10.0.0.1', '198.51.100.7'],
      undefined,
      { point: { latitude: 48.86, longitude: 2.35 }, label: 'Paris, FR' },
    ],
    [
      'the local network, where an overlay has it',
      { '10.0.0.1': overlay },
      ['10.0.0.1'],
      undefined,
      { point: { latitude: 1, longitude: 2 } },
    ],
    [
      'a public address rather than an overlay',
      { '10.0.0.1': overlay, '198.51.100.7': PARIS },
      ['10.0.0.1', '198.51.100.7'],
      undefined,
      { label: 'Paris, FR' },
    ],
  ])('is %s', (_, known, seen, said, wanted) => {
    expect(homeAfter(known as Record<string, Place>, seen, said)).toMatchObject(wanted)
  })

  it.each([
    ['nothing is known', {}],
    ['only a country is', { '198.51.100.7': { ...PARIS, state: 'approximate' as const } }],
    ['the address is in many places', { '198.51.100.7': { ...PARIS, state: 'anycast' as const } }],
  ])('is nowhere where %s', (_, known) => {
    expect(homeAfter(known, ['198.51.100.7', '10.0.0.1'])).toBeNull()
  })
})
