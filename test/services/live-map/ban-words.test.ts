/** What the page says of bans, apart from the document. */

import { describe, expect, it } from 'vitest'
import { Colouring } from '../../../src/services/live-map/page/colouring.ts'
import { clockTime } from '../../../src/services/live-map/page/words.ts'
import type { LiveBan } from '../../../src/services/live-map/protocol.ts'

const at = (year: number, month: number, day: number, hour: number): number =>
  new Date(year, month - 1, day, hour, 4, 5).getTime() * 1000

describe('when it was', () => {
  it.each([
    [at(2026, 11, 21, 3), at(2026, 11, 21, 23), '03:04:05'],
    [at(2026, 11, 20, 3), at(2026, 11, 21, 1), '20 Nov 03:04:05'],
    [at(2025, 12, 31, 23), at(2026, 1, 1, 0), '31 Dec 2025 23:04:05'],
    [at(2026, 11, 21, 3), null, '21 Nov 03:04:05'],
  ])('%d, read at %d', (us, readUs, words) => {
    expect(clockTime(us, readUs)).toBe(words)
  })
})

describe('colours of jails', () => {
  const ban = (id: number, jail: string): LiveBan => ({
    ...{ id, act: 'ban', address: '192.0.2.1', jail, host: null, timeUs: null, place: null },
  })
  const coloursOf = (count: number) => {
    const colouring = new Colouring(Array.from({ length: 8 }, (_, i) => `#00000${i}`))
    const bans = Array.from({ length: count }, (_, i) => ban(i + 1, `jail${i}`))
    colouring.update([], bans)
    return { legend: colouring.jails, painted: bans.map((each) => colouring.jailColour(each)) }
  }
  it.each([1, 6, 7, 40])('the legend says every one that is painted, of %d jails', (count) => {
    const { legend, painted } = coloursOf(count)
    expect(new Set(legend.map(({ colour }) => colour))).toEqual(new Set(painted))
    expect(legend.some(({ label }) => label === 'other jails')).toBe(count > 6)
  })
})
