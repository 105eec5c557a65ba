/** Local times around changes of the clock. Offsets of the zones are facts of the time zone database. */

import { describe, expect, test } from 'vitest'
import { localTimes } from '../../../src/sources/bans/local-times.ts'
import { errorCode } from '../../error-code.ts'

const wall = (text: string): number => Date.parse(`${text}Z`)
const instants = (zone: string, texts: readonly string[]): string[] => {
  const times = localTimes(zone)
  return texts.map((text) => new Date(times.lineMs(wall(text))).toISOString().slice(0, 16))
}

describe('instants', () => {
  test.each<[string, string, string[], string[]]>([
    [
      'winter and summer',
      'Europe/Berlin',
      ['2026-01-02T03:00', '2026-07-02T03:00'],
      ['2026-01-02T02:00', '2026-07-02T01:00'],
    ],
    [
      'the hour that comes twice, in order',
      'Europe/Berlin',
      [
        '2025-10-26T01:59',
        '2025-10-26T02:10',
        '2025-10-26T02:50',
        '2025-10-26T02:05',
        '2025-10-26T02:55',
        '2025-10-26T03:00',
      ],
      [
        '2025-10-25T23:59',
        '2025-10-26T00:10',
        '2025-10-26T00:50',
        '2025-10-26T01:05',
        '2025-10-26T01:55',
        '2025-10-26T02:00',
      ],
    ],
    [
      'a line of a moment before stays in the first',
      'Europe/Berlin',
      ['2025-10-26T02:30:30', '2025-10-26T02:30:00'],
      ['2025-10-26T00:30', '2025-10-26T00:30'],
    ],
    [
      'the hour that never was',
      'Europe/Berlin',
      ['2026-03-29T01:59', '2026-03-29T02:30', '2026-03-29T03:00'],
      ['2026-03-29T00:59', '2026-03-29T01:30', '2026-03-29T01:00'],
    ],
    [
      'west of Greenwich',
      'America/New_York',
      ['2026-03-08T01:59', '2026-03-08T03:00'],
      ['2026-03-08T06:59', '2026-03-08T07:00'],
    ],
    [
      'by half an hour',
      'Australia/Lord_Howe',
      ['2026-04-05T01:20', '2026-04-05T01:45', '2026-04-05T01:35', '2026-04-05T02:00'],
      ['2026-04-04T14:20', '2026-04-04T14:45', '2026-04-04T15:05', '2026-04-04T15:30'],
    ],
    ['an offset', '-03:30', ['2026-01-02T03:00'], ['2026-01-02T06:30']],
  ])('%s', (_name, zone, texts, expected) => expect(instants(zone, texts)).toEqual(expected))

  test('agree with the zone over four years, every twenty minutes', () => {
    const zone = 'Europe/Berlin'
    const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' })
    const times = localTimes(zone)
    for (let ms = Date.UTC(2020, 0, 1); ms < Date.UTC(2024, 0, 1); ms += 1_200_000) {
      expect(times.lineMs(wall(format.format(ms).replace(' ', 'T')))).toBe(ms)
    }
  })

  test('zones that nobody knows', () => expect(errorCode(() => localTimes('Mars/Base'))).toBe('ERR_USAGE'))
})
