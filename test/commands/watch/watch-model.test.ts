import { describe, expect, it } from 'vitest'
import { WatchModel } from '../../../src/commands/watch/watch-model.ts'
import type { Connection } from '../../../src/core/connection.ts'
import { addConnection, HAS_ENDED, makeConnectionBatch, STILL_OPEN } from '../../../src/core/connection-batch.ts'
import { parseIp } from '../../../src/core/ip.ts'
import { START_US, watched } from './live/watched.ts'

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

const model = () => new WatchModel({ capacity: 4, placeOf: () => null })
const batch = (id: number, bytesIn: number, { firstUs = START_US, ended = STILL_OPEN } = {}) => {
  const made = makeConnectionBatch(8)
  addConnection(made, watched(id, { bytesIn, bytesOut: 0, firstUs }), ended)
  return made
}

describe('rates', () => {
  it('leave out what a connection carried before anybody looked', () => {
    const shown = model()
    shown.take(batch(1, 10e9), START_US)
    shown.tick(START_US)
    shown.take(batch(1, 10e9 + 5000), START_US + 1e6)
    shown.tick(START_US + 1e6)
    expect(shown.get(1)?.rateIn).toBeGreaterThan(1000)
    expect(shown.get(1)?.rateIn).toBeLessThan(5000)
  })

  it('leave it out, too, of one that comes back into view', () => {
    const shown = model()
    shown.tick(START_US + 10e6)
    shown.take(batch(1, 10e9), START_US + 10e6)
    shown.tick(START_US + 11e6)
    expect(shown.get(1)?.rateIn).toBe(0)
  })

  it('have all of a connection that is new', () => {
    const shown = model()
    shown.tick(START_US)
    shown.take(batch(1, 5000, { firstUs: START_US + 1000 }), START_US + 250_000)
    shown.tick(START_US + 1e6)
    expect(shown.get(1)?.rateIn).toBeGreaterThan(1000)
  })
})

describe('connections that have ended', () => {
  it.each([
    ['as time goes on', START_US],
    ['when the clock was years ahead as they ended', START_US + 1e14],
  ])('go after ten seconds, %s', (_, endedUs) => {
    const shown = model()
    shown.take(batch(1, 10, { ended: HAS_ENDED }), endedUs)
    shown.tick(START_US)
    shown.tick(START_US + 5e6)
    expect(shown.size).toBe(1)
    shown.tick(START_US + 10e6)
    expect(shown.size).toBe(0)
  })
})
