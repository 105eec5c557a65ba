import { describe, expect, it } from 'vitest'
import { mapQuery, timeOption } from '../../../src/commands/render/map-query.ts'
import { systemClock } from '../../../src/core/clock.ts'

describe('what of its input a map shows', () => {
  it('is everything when nothing is said', () => {
    expect(mapQuery({}, false)).toEqual({})
    expect(mapQuery({}, true)).toEqual({ addresses: true })
  })

  it('takes codes and names of countries, and filters', () => {
    const query = mapQuery({ country: ['de', 'South Korea,AT'], where: 'latitude > -10.5', port: 443 }, false)
    expect(query.countries).toEqual(['AT', 'DE', 'KR'])
    expect(query.where).toMatchObject({ field: 'latitude', operator: '>', value: -10.5 })
    expect(query.port).toBe(443)
  })

  it.each([
    ['hour', 3600e6],
    ['day', 86400e6],
    ['week', 604800e6],
    ['90s', 90e6],
    ['500ms', 500e3],
  ])('frames of %s', (animate, lengthUs) => {
    expect(mapQuery({ animate }, false).frames).toEqual({ lengthUs, mode: 'first' })
    expect(mapQuery({ animate, animateEach: true }, false).frames).toEqual({ lengthUs, mode: 'each' })
  })

  it.each([
    [{ animate: 'soon' }],
    [{ animate: '0' }],
    [{ animateEach: true }],
    [{ country: ['Atlantis'] }],
    [{ where: 'ttl <' }],
    [{ since: 'yesterday' }],
    [{ since: '2026-13-40' }],
    [{ since: '2026-11-20', until: '2026-11-19' }],
  ])('%o cannot be', (options) => {
    expect(() => mapQuery(options, false)).toThrow()
  })

  it.each([
    ['2026-11-20', '2026-11-20T00:00:00Z'],
    ['2026-11-20T08:30', '2026-11-20T08:30:00Z'],
    ['2026-11-20 08:30:15.5', '2026-11-20T08:30:15.5Z'],
    ['2026-11-20T08:30+02:00', '2026-11-20T06:30:00Z'],
    ['2026-11-20T08:30Z', '2026-11-20T08:30:00Z'],
  ])('the time %s', (text, expected) => {
    expect(timeOption('--since')(text)).toBe(Date.parse(expected) * 1000)
  })

  it('and a time back from now', () => {
    const before = systemClock.nowUs()
    const found = timeOption('--since')('2h')
    expect(found).toBeGreaterThanOrEqual(before - 7200e6)
    expect(found).toBeLessThanOrEqual(systemClock.nowUs() - 7200e6)
  })
})
