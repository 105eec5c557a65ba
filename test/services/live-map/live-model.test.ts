import { describe, expect, it } from 'vitest'
import { LiveState } from '../../../src/services/live-map/live-state.ts'
import { Colouring } from '../../../src/services/live-map/page/colouring.ts'
import { FADE_MS, LiveModel } from '../../../src/services/live-map/page/live-model.ts'
import { LiveScene } from '../../../src/services/live-map/page/live-scene.ts'
import type { LiveConnection, LiveSnapshot } from '../../../src/services/live-map/protocol.ts'
import { aConnection, BAN_TOTALS, placeAt, S } from './live-fixtures.ts'

const COLOURS = Array.from({ length: 8 }, (_, i) => `#00000${i}`)
const snapshotOf = (...connections: LiveConnection[]): LiveSnapshot => ({
  title: '',
  sources: [],
  attributions: [],
  sinceUs: 0,
  nowUs: 10 * S,
  home: { latitude: 52.5, longitude: 13.4, label: 'Berlin' },
  connections,
  totals: null,
  bans: [],
  banTotals: null,
})
const modelOf = (...connections: LiveConnection[]): LiveModel => {
  const model = new LiveModel()
  model.reset(snapshotOf(...connections))
  return model
}
const PARIS = placeAt(48.85, 2.35, 'Paris')

describe('what a page knows', () => {
  it('puts connections of one place together, and none without coordinates on the map', () => {
    const country = { ...PARIS, latitude: null, longitude: null }
    const model = modelOf(
      aConnection(1, { place: PARIS }),
      aConnection(2, { place: { ...PARIS } }),
      aConnection(3),
      aConnection(4, { place: country }),
    )
    expect([model.rows.size, model.onMap, model.spots.size]).toEqual([4, 2, 1])
  })

  it('measures how fast a connection is, and forgets it when it falls silent', () => {
    const model = modelOf(aConnection(1, { bytesIn: 0, bytesOut: 0 }))
    for (let second = 1; second <= 30; second += 1) {
      const nowUs = (10 + second) * S
      model.apply({ nowUs, counts: [[1, 0, 0, 0, second * 1000, nowUs]] }, second * 1000)
    }
    expect(model.rows.get(1)?.rate).toBeGreaterThan(850)
    expect(model.rows.get(1)?.rate).toBeLessThan(1200)
    model.apply({ nowUs: 46 * S }, 36_000)
    expect(model.rows.get(1)?.rate).toBe(0)
  })

  it('tells of a ban once that was in the snapshot and is in the next changes, too', () => {
    const state = new LiveState({ title: '', sources: [], attributions: [], sinceUs: 0 }, null)
    const ban = (address: string) => ({
      act: 'ban' as const,
      address,
      jail: 'sshd',
      host: null,
      timeUs: S,
      place: PARIS,
    })
    state.bans([ban('192.0.2.1')], BAN_TOTALS)
    const model = new LiveModel()
    model.reset(state.snapshot(2 * S))
    state.bans([ban('192.0.2.2')], BAN_TOTALS)
    model.apply(state.take(3 * S)!, 1000)
    expect(model.bans.map(({ address }) => address)).toEqual(['192.0.2.1', '192.0.2.2'])
    expect(model.takeNewBans()).toHaveLength(1)
    // The program was started anew, and counts from 1 again.
    model.reset({ ...state.snapshot(4 * S), bans: [] })
    model.apply({ nowUs: 5 * S, bans: [{ ...ban('192.0.2.3'), id: 1 }] }, 2000)
    expect(model.bans).toHaveLength(1)
  })

  it('lets rates go down by its own clock when the program says nothing', () => {
    const model = modelOf(aConnection(1))
    model.apply({ nowUs: 11 * S, counts: [[1, 1, 60, 2, 9000, 11 * S]] }, 1000)
    const before = model.rows.get(1)!.rate
    model.sweep(4000)
    expect(model.rows.get(1)?.rate).toBeLessThan(before)
    model.sweep(7000)
    expect(model.rows.get(1)?.rate).toBe(0)
  })

  it('fades what ended, and takes off at once what is only no longer listed', () => {
    const model = modelOf(aConnection(1, { place: PARIS }), aConnection(2, { place: placeAt(1, 1) }))
    model.apply({ nowUs: 11 * S, ended: [1], unlisted: [2] }, 1000)
    expect([model.rows.size, model.onMap]).toEqual([0, 0])
    expect(model.sweep(1001)).toBe(true)
    expect([...model.spots.values()].map(({ place }) => place.city)).toEqual(['Paris'])
    expect(model.sweep(1001 + FADE_MS)).toBe(false)
    expect(model.spots.size).toBe(0)
  })

  it('moves a connection to the place that is found later', () => {
    const model = modelOf(aConnection(1))
    model.apply({ nowUs: 11 * S, connections: [aConnection(1, { place: PARIS })] }, 1000)
    expect([model.onMap, model.spots.size]).toEqual([1, 1])
    model.apply({ nowUs: 12 * S, connections: [aConnection(1, { place: placeAt(1, 1) })] }, 2000)
    model.sweep(2000 + FADE_MS + 1)
    expect([model.onMap, model.spots.size]).toEqual([1, 1])
  })
})

describe('what a page draws', () => {
  const viewport = { width: 1000, height: 800 }
  const view = { x: 0.5, y: 0.4, size: 1000 }

  it('draws arcs from places to home, and none without a home', () => {
    const model = modelOf(aConnection(1, { place: placeAt(40.7, -74) }))
    const scene = new LiveScene(model, new Colouring(COLOURS))
    scene.update(0)
    scene.lay(view, viewport)
    const line = scene.looks[0]!.lines[0]!
    expect([line.points[0], line.points.at(-2)].map((x) => Math.round(x!))).toEqual([294, 537])
    expect(line.length).toBeGreaterThan(240)
    model.home = null
    scene.lay(view, viewport)
    expect(scene.looks[0]!.lines).toEqual([])
  })

  it('has a thousand arcs at most, the fastest', () => {
    const many = Array.from({ length: 1500 }, (_, i) => aConnection(i + 1, { place: placeAt(i / 50, i / 20) }))
    const model = modelOf(...many)
    model.apply({ nowUs: 11 * S, counts: [[1500, 1, 60, 5, 90_000, 11 * S]] }, 0)
    const scene = new LiveScene(model, new Colouring(COLOURS))
    scene.update(0)
    scene.lay(view, viewport)
    expect(scene.looks[0]!.rate).toBeGreaterThan(0)
    expect(scene.looks.filter(({ lines }) => lines.length > 0)).toHaveLength(1000)
  })

  it('gives each service a colour that it keeps', () => {
    const colouring = new Colouring(COLOURS)
    colouring.by = 'service'
    const model = modelOf(aConnection(1), aConnection(2, { service: 'ssh' }), aConnection(3))
    colouring.update(model.rows.values(), [])
    const first = [1, 2].map((id) => colouring.categoryOf(model.rows.get(id)!))
    expect(new Set(first).size).toBe(2)
    const more = [4, 5, 6].map((id) => aConnection(id, { service: 'ssh' }))
    model.apply({ nowUs: 11 * S, connections: more }, 0)
    colouring.update(model.rows.values(), [])
    expect([1, 2].map((id) => colouring.categoryOf(model.rows.get(id)!))).toEqual(first)
  })
})
