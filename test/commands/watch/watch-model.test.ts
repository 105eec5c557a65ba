import { describe, expect, it } from 'vitest'
import type { AddressPlaces } from '../../../src/commands/address-places.ts'
import { makeHomeFinder } from '../../../src/commands/watch/watch-home.ts'
import { WatchModel } from '../../../src/commands/watch/watch-model.ts'
import type { Connection } from '../../../src/core/connection.ts'
import { addConnection, HAS_ENDED, makeConnectionBatch, STILL_OPEN } from '../../../src/core/connection-batch.ts'
import { parseIp } from '../../../src/core/ip.ts'
import type { Place } from '../../../src/core/place.ts'

const S = 1e6
const connection = (id: number, bytesIn = 0): Connection => ({
  ...{ id, protocol: 17, local: parseIp('10.0.0.1')!, localPort: 5000, remote: parseIp('198.51.100.7')! },
  ...{ remotePort: 53, initiator: 'local', packetsOut: 1, bytesOut: 0, packetsIn: 1, bytesIn, firstUs: 0, lastUs: 0 },
  ...{ tcpState: null, rttUs: null, name: null, nameSource: 'none', process: null, device: null },
})

const take = (model: WatchModel, connections: readonly Connection[], nowUs: number, ended = STILL_OPEN): void => {
  const batch = makeConnectionBatch(64)
  for (const each of connections) addConnection(batch, each, ended)
  model.take(batch, nowUs)
}

const makeModel = (capacity = 100): WatchModel => new WatchModel({ capacity, placeOf: () => null })

describe('what is shown of connections', () => {
  it('has rates that come up to the real one and go down to nothing', () => {
    const model = makeModel()
    model.tick(0)
    const rates: number[] = []
    for (let second = 1; second <= 20; second += 1) {
      take(model, [connection(1, second * 1000)], second * S)
      model.tick(second * S)
      rates.push(model.get(1)!.rateIn)
    }
    expect([...rates].sort((a, b) => a - b)).toEqual(rates)
    expect(rates.at(-1)).toBeGreaterThan(990)
    expect(rates.at(-1)).toBeLessThanOrEqual(1000)
    for (let second = 21; second <= 50; second += 1) model.tick(second * S)
    expect(model.get(1)!.rateIn).toBe(0)
  })

  it('tells of each change once, and of what is gone', () => {
    const model = makeModel()
    take(model, [connection(1), connection(2)], S)
    expect(model.takeChanges().changed.map(({ id }) => id)).toEqual([1, 2])
    expect(model.takeChanges()).toEqual({ changed: [], gone: [] })
    take(model, [connection(2, 5)], 2 * S, HAS_ENDED)
    expect(model.takeChanges().changed).toMatchObject([{ id: 2, ended: true, bytesIn: 5 }])
    model.tick(11 * S)
    expect(model.get(2)).toBeDefined()
    model.tick(12 * S)
    expect(model.takeChanges().gone).toEqual([2])
    expect([...model.connections()].map(({ id }) => id)).toEqual([1])
  })

  it('keeps a bounded number: those that changed last', () => {
    const model = makeModel(3)
    take(model, [connection(1), connection(2), connection(3)], S)
    take(model, [connection(1, 9), connection(4)], S)
    expect([...model.connections()].map(({ id }) => id)).toEqual([3, 1, 4])
    expect(model.displaced).toBe(1)
    expect(model.takeChanges().gone).toEqual([2])
  })
})

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
