import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { localTimes } from '../../../../src/commands/trace/import/local-time.ts'
import { makeSeedReader } from '../../../../src/commands/trace/import/seed-rows.ts'
import { formatIp } from '../../../../src/core/ip.ts'

const ID = '3e25960a-79db-4aeb-a1c5-8e8b7b1b1b1b'
const GOOD = {
  ID,
  HOP: '1',
  IP: '192.0.2.1',
  CITY: 'Berlin',
  LATITUDE: '52.5',
  LONGITUDE: '13.4',
  DATE_CREATED: '2019-07-01 12:00:00',
}
const row = (more: Record<string, string> = {}): Map<string, string> => new Map(Object.entries({ ...GOOD, ...more }))

describe('rows of hops', () => {
  it('makes attempts of several rows of one hop', () => {
    const reader = makeSeedReader(localTimes())
    for (const IP of ['192.0.2.1', '192.0.2.2', '192.0.2.1', 'unknown'])
      expect(reader.add(row({ HOP: '3', IP }))).toBeNull()
    const [found] = reader.traces()
    if (found === undefined || 'silent' in found) throw new Error('no trace')
    expect(found.trace.id).toBe(ID)
    expect(
      found.trace.hops.map(({ ttl, attempt, address }) => [ttl, attempt, address === null ? '*' : formatIp(address)]),
    ).toEqual([
      [3, 0, '192.0.2.1'],
      [3, 1, '192.0.2.2'],
      [3, 2, '192.0.2.1'],
      [3, 3, '*'],
    ])
  })

  it.each<[string, Record<string, string>, boolean]>([
    ['numbers on Earth', {}, true],
    ['"unknown"', { LATITUDE: 'unknown', LONGITUDE: 'unknown' }, false],
    ['0, 0', { LATITUDE: '0.0', LONGITUDE: '0' }, false],
    ['NaN', { LATITUDE: 'NaN' }, false],
    ['what is not on Earth', { LATITUDE: '91' }, false],
    ['1e400', { LONGITUDE: '1e400' }, false],
    ['nothing', { LATITUDE: '' }, false],
  ])('a place of %s', (_name, more, kept) => {
    const reader = makeSeedReader(localTimes())
    expect(reader.add(row(more))).toBeNull()
    const [found] = reader.traces()
    expect(found !== undefined && 'trace' in found && found.places!.size === 1).toBe(kept)
  })

  it.each<[Record<string, string>, string]>([
    [{ ID: ' ' }, 'no ID'],
    [{ HOP: '0' }, 'HOP is no number from 1 to 255'],
    [{ HOP: '1.5' }, 'HOP is no number from 1 to 255'],
    [{ IP: '192.0.2.1; drop' }, 'IP is no address'],
    [{ DATE_CREATED: 'soon' }, 'DATE_CREATED is no date'],
    [{ DATE_CREATED: '2019-13-41 12:00' }, 'DATE_CREATED is no date'],
  ])('refuses %j', (more, why) => {
    expect(makeSeedReader(localTimes()).add(row(more))).toBe(why)
  })

  it('says which trace has nobody in it', () => {
    const reader = makeSeedReader(localTimes())
    reader.add(row({ IP: 'unknown' }))
    expect(reader.traces()).toEqual([{ silent: ID }])
  })

  it('throws at nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.dictionary(fc.constantFrom(...Object.keys(GOOD)), fc.string())), (rows) => {
        const reader = makeSeedReader(localTimes())
        for (const each of rows) reader.add(row(each))
        reader.traces()
      }),
    )
  })
})

describe('dates without a zone', () => {
  it.each<[string | undefined, string, string]>([
    [undefined, '2019-07-01 12:00:00.123456', '2019-07-01T12:00:00.123Z'],
    ['Europe/Berlin', '2019-07-01 12:00:00', '2019-07-01T10:00:00.000Z'],
    ['Europe/Berlin', '2019-01-01T12:00', '2019-01-01T11:00:00.000Z'],
    // The hour before and the hour after clocks went forward.
    ['Europe/Berlin', '2019-03-31 01:30:00', '2019-03-31T00:30:00.000Z'],
    ['Europe/Berlin', '2019-03-31 03:30:00', '2019-03-31T01:30:00.000Z'],
    ['-03:30', '2019-07-01', '2019-07-01T03:30:00.000Z'],
    ['Asia/Kathmandu', '2019-07-01 00:00:00', '2019-06-30T18:15:00.000Z'],
    ['Europe/Berlin', '2019-07-01 12:00:00Z', '2019-07-01T12:00:00.000Z'],
    ['Europe/Berlin', '2019-07-01 12:00:00+0100', '2019-07-01T11:00:00.000Z'],
  ])('in %s, %s is %s', (zone, text, iso) => {
    expect(new Date(localTimes(zone)(text)!.timeUs / 1000).toISOString()).toBe(iso)
  })

  it('of a zone that there is not are refused', () => {
    expect(() => localTimes('Middle/Earth')).toThrow('there is no time zone "Middle/Earth"')
  })
})
