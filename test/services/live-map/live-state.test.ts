import { describe, expect, it } from 'vitest'
import { BANS_MAX, LiveState } from '../../../src/services/live-map/live-state.ts'
import { aConnection, BAN_TOTALS, S, totalsOf } from './live-fixtures.ts'

const TITLE = { title: 'Test', sources: ['eth0'], attributions: [], sinceUs: 0 }
const BERLIN = { latitude: 52.5, longitude: 13.4, label: 'Berlin' }
const stateOf = (most?: number): LiveState => new LiveState(TITLE, null, most)
const ban = (address: string) => ({ act: 'ban', address, jail: 'sshd', host: null, timeUs: 1, place: null }) as const

describe('what the live map shows', () => {
  it('has everything in a snapshot, and says nothing twice', () => {
    const state = stateOf()
    state.connections([aConnection(1), aConnection(2)], [], totalsOf({ flows: 2 }))
    state.bans([ban('198.51.100.1')], BAN_TOTALS)
    const { connections, totals, bans, ...rest } = state.snapshot(5)
    expect(connections.map(({ id }) => id)).toEqual([1, 2])
    expect(totals?.flows).toBe(2)
    expect(bans).toEqual([{ ...ban('198.51.100.1'), id: 1 }])
    expect(rest).toEqual({ ...TITLE, nowUs: 5, home: null, banTotals: BAN_TOTALS })
    expect(state.take(6)?.connections).toHaveLength(2)
    expect(state.take(7)).toBeNull()
  })

  it('sends counts alone where nothing else changed, and once however often they did', () => {
    const state = stateOf()
    state.connections([aConnection(1)], [], totalsOf())
    state.take(1)
    for (const bytesIn of [100, 200, 300]) {
      state.connections([aConnection(1, { bytesIn, lastUs: bytesIn })], [], totalsOf({ bytes: bytesIn }))
    }
    expect(state.take(2)).toEqual({ nowUs: 2, counts: [[1, 1, 60, 1, 300, 300]], totals: totalsOf({ bytes: 300 }) })
    state.connections([aConnection(1, { name: 'www.example.org' })], [], totalsOf())
    state.connections([aConnection(1, { name: 'www.example.org', bytesIn: 999 })], [], totalsOf())
    const changes = state.take(3)
    expect(changes?.connections).toEqual([aConnection(1, { name: 'www.example.org', bytesIn: 999 })])
    expect(changes?.counts).toBeUndefined()
  })

  it('forgets what ended, and does not speak of what nobody knew', () => {
    const state = stateOf()
    state.connections([aConnection(1), aConnection(2)], [], totalsOf())
    state.take(1)
    state.connections([aConnection(3), aConnection(2, { bytesIn: 7 })], [2, 99], totalsOf())
    expect(state.take(2)).toMatchObject({ connections: [aConnection(3)], ended: [2] })
    expect(state.snapshot(3).connections.map(({ id }) => id)).toEqual([1, 3])
  })

  it('is bounded: a newcomer takes the room of one that was quiet, and of no other', () => {
    const state = stateOf(2)
    state.connections([aConnection(1, { lastUs: 0 }), aConnection(2, { lastUs: 9 * S })], [], totalsOf())
    state.take(1)
    state.connections([aConnection(3, { lastUs: 10 * S }), aConnection(4, { lastUs: 10 * S })], [], totalsOf())
    expect(state.take(2)).toMatchObject({ connections: [{ id: 3 }], unlisted: [1] })
    expect(state.snapshot(3).connections.map(({ id }) => id)).toEqual([2, 3])
    // Heard of again, the quiet one is the last to go.
    state.connections([aConnection(2, { lastUs: 20 * S }), aConnection(5, { lastUs: 20 * S })], [], totalsOf())
    expect(state.snapshot(4).connections.map(({ id }) => id)).toEqual([2, 5])
  })

  it('never lists more than it may, whatever comes', () => {
    const state = stateOf(100)
    for (let round = 0; round < 50; round += 1) {
      const lastUs = round * 3 * S
      const many = Array.from({ length: 40 }, (_, i) => aConnection(round * 40 + i, { lastUs }))
      state.connections(many, [round * 17], totalsOf({ flows: 12_345 }))
      expect(state.snapshot(0).connections.length).toBeLessThanOrEqual(100)
    }
    expect(state.snapshot(0).connections).toHaveLength(100)
    expect(state.snapshot(0).totals?.flows).toBe(12_345)
  })

  it('keeps the latest bans, numbered', () => {
    const state = stateOf()
    const events = Array.from({ length: BANS_MAX + 10 }, (_, i) => ban(`2001:db8::${i + 1}`))
    state.bans(events, BAN_TOTALS)
    expect(state.snapshot(0).bans.map(({ id }) => id)).toEqual(Array.from({ length: BANS_MAX }, (_, i) => i + 11))
    expect(state.take(1)?.bans).toHaveLength(BANS_MAX)
  })

  it('tells where home is now', () => {
    const state = stateOf()
    state.setHome(BERLIN)
    expect(state.take(1)).toEqual({ nowUs: 1, home: BERLIN })
    expect(state.snapshot(2).home).toEqual(BERLIN)
  })
})
