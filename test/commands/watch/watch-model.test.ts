import { describe, expect, it } from 'vitest'
import { WatchModel } from '../../../src/commands/watch/watch-model.ts'
import { addConnection, HAS_ENDED, makeConnectionBatch, STILL_OPEN } from '../../../src/core/connection-batch.ts'
import { START_US, watched } from './live/watched.ts'

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
