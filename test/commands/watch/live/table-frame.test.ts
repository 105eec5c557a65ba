/** The table of watched connections, at several sizes of a terminal. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { screenLines } from '../../../../src/commands/live/screen.ts'
import { placesMap } from '../../../../src/commands/watch/live/places-map.ts'
import { makeRateHistory } from '../../../../src/commands/watch/live/rate-history.ts'
import { orderRows, rowKey } from '../../../../src/commands/watch/live/row-order.ts'
import { drawTable } from '../../../../src/commands/watch/live/table-frame.ts'
import type { TableInput } from '../../../../src/commands/watch/live/table-input.ts'
import { INITIAL_VIEW, type TableView } from '../../../../src/commands/watch/live/table-view.ts'
import { shortCount, shortTime } from '../../../../src/commands/watch/live/table-words.ts'
import { NO_TOTALS, type WatchedConnection, type WatchTotals } from '../../../../src/commands/watch/watch-model.ts'
import { parseIp } from '../../../../src/core/ip.ts'
import { cellsOf } from '../../../../src/render/terminal/cell-text.ts'
import { BERLIN, START_US, TOKYO, watched } from './watched.ts'

const TOTALS: WatchTotals = { ...NO_TOTALS, packetsPerS: 1234, bytesPerS: 25e4, flows: 3, seen: 40 }

const SOME = [
  watched(1, { name: 'www.example', nameSource: 'sni', place: BERLIN, rateIn: 12_500, rateOut: 250 }),
  watched(2, { protocol: 17, remotePort: 53, tcpState: null, rttUs: null, place: TOKYO, rateIn: 125 }),
  watched(3, { initiator: 'remote', localPort: 22, remotePort: 51_000, remote: parseIp('2001:db8::77')! }),
]

type Changes = Partial<Omit<TableInput, 'view'>> & { view?: Partial<TableView> }

const inputOf = (connections: readonly WatchedConnection[], { view: chosen, ...more }: Changes = {}): TableInput => {
  const view = { ...INITIAL_VIEW, ...chosen }
  const ordered = orderRows(connections, view)
  return {
    ...{ title: 'eth0', filter: 'not port 22', home: null, noPlaces: null, totals: TOTALS, ordered },
    ...{ hasPrograms: false, nowUs: START_US + 125e6, colours: 'none', graphics: 'braille' },
    history: makeRateHistory().line(),
    fresh: (row) => row,
    selected: ordered.rows.find((row) => rowKey(row) === view.selected) ?? null,
    view,
    map: { cells: () => null, failure: () => null },
    places: () => placesMap(ordered.matching, null),
    ...more,
  }
}

const linesOf = (columns: number, rows: number, input: TableInput): string[] => {
  const lines = screenLines(drawTable(columns, rows, input))
  expect(lines.length).toBe(rows)
  for (const line of lines) expect(cellsOf(line)).toBeLessThanOrEqual(columns)
  return lines
}

const many = Array.from({ length: 60 }, (_, i) => watched(i + 1, { rateIn: 1000 - i, name: `host-${i}.example` }))

describe('the table', () => {
  it('has what matters most at 80×24', () => {
    const lines = linesOf(80, 24, inputOf(SOME))
    expect(lines[0]).toMatch(/^eth0 not port 22 +connections 1 to 3 of 3, by rate$/)
    expect(lines[1]).toBe('3 connections of 40 seen  1.23 kpps  2.00 Mbit/s')
    expect(lines[2]).toMatch(/^ {2}service remote +port place +AS +in b\/s out b\/s +bytes$/)
    expect(lines[3]).toMatch(/^→ https {3}www\.example +443 Berlin, DE {3}AS64500 +100k +2\.00k +3\.20k$/)
    expect(lines[4]).toMatch(/^→ domain {2}198\.51\.100\.2 +53 東京, JP {5}AS64501 +1\.00k +3\.20k$/)
    expect(lines[5]).toMatch(/^← tcp ssh 2001:db8::77 +22 +3\.20k$/)
    expect(lines.slice(6, 22)).toEqual(Array(16).fill(''))
    expect(lines[22]).toBe('1 of 3 without a place')
    expect(lines[23]).toMatch(/^q quit {2}g group .*\? help$/)
  })

  it('has everything where there is room', () => {
    const [, , headings, first] = linesOf(160, 30, inputOf(SOME, { hasPrograms: true, view: { map: false } }))
    expect(headings).toMatch(
      /service +remote +port place +AS +in b\/s out b\/s +bytes packets +age rtt ms state +program +local/,
    )
    expect(headings).toMatch(/local end$/)
    expect(first).toMatch(/ 5 +2m04 +12 established +192\.168\.1\.5:40001$/)
  })

  it.each([
    [30, 8],
    [40, 12],
    [80, 24],
    [100, 30],
    [160, 50],
    [300, 80],
  ])('fits %i×%i, whatever is chosen', (columns, rows) => {
    for (const grouping of ['connections', 'hosts', 'countries', 'networks', 'services', 'programs'] as const) {
      for (const help of [false, true]) {
        const lines = linesOf(columns, rows, inputOf(many, { view: { grouping, help, map: help } }))
        if (!help) expect(lines.at(-1)).toMatch(/^q quit.*\? help$/)
      }
    }
    const selected = { selected: 'connection 40', details: true, map: false } as const
    const lines = linesOf(columns, rows, inputOf(many, { view: selected }))
    if (columns >= 80) expect(lines.some((line) => line.includes('host-39.exam'))).toBe(true)
  })

  it.each<[string, Partial<WatchTotals>, RegExp]>([
    ['nothing was lost', {}, /Mbit\/s$/],
    ['nobody can tell', { droppedByKernel: null }, /Mbit\/s$/],
    ['the kernel dropped some', { droppedByKernel: 5 }, / 5 dropped by the kernel$/],
    ['some were forgotten', { evicted: 1234 }, / 1,234 forgotten for want of room$/],
    [
      'there is no room to say all',
      { droppedByKernel: 123_456, evicted: 1234, notKept: 7 },
      /^3 connections {2}123,456 dropped by the kernel {2}1,234 forgotten for want of room/,
    ],
  ])('says what was lost: %s', (_, totals, expected) => {
    const screen = drawTable(80, 24, inputOf(SOME, { totals: { ...TOTALS, ...totals }, colours: 'truecolor' }))
    expect(screenLines(screen)[1]).toMatch(expected)
    const at = screenLines(screen)[1]!.search(/dropped|forgotten/)
    if (at >= 0) expect(screen.look[80 + at]).toMatch(/^38;2;208;69;59$/)
  })

  it.each<[string, Changes, readonly WatchedConnection[], RegExp]>([
    ['nothing', {}, [], /^ +no connections yet$/],
    ['no match', { view: { filter: 'nowhere' } }, SOME, /^ +none of them has this word$/],
    ['no match', { view: { filter: 'no where' } }, SOME, /^ +none of them has all these words$/],
    ['a pause', { view: { paused: true } }, SOME, / PAUSED connections 1 to 3 of 3, by rate$/],
    ['a filter', { view: { filter: 'tokyo' } }, SOME, /^\/tokyo {2}0 of 3 connections$/],
    ['typing', { view: { filter: '東', typing: true } }, SOME, /^\/東 {3}1 of 3 connections {2}enter keeps/],
    ['a message', { view: { message: 'map on' } }, SOME, /^map on$/],
    ['no places', { noPlaces: 'no places: none installed' }, SOME, /^no places: none installed$/],
    ['home', { home: { point: { latitude: 1, longitude: 2 }, label: 'Munich, DE' } }, SOME, /seen from Munich, DE$/],
    ['no map yet', { view: { map: true } }, SOME, /^ +drawing the map$/],
    ['no map', { view: { map: true } }, [watched(1)], /^ +no connection has a place yet$/],
  ])('says %s', (_, changes, connections, expected) => {
    const lines = linesOf(80, 24, inputOf(connections, changes))
    expect(lines.filter((line) => expected.test(line))).toHaveLength(1)
  })

  it('shows all that is known of the selected connection, also when it has gone', () => {
    const selected = watched(9, { name: 'gone.example', nameSource: 'dns', process: 'curl', place: BERLIN })
    const view = { selected: 'connection 9', details: true }
    const text = linesOf(80, 24, inputOf(SOME, { view, selected })).join('\n')
    for (const part of [
      'gone · remote 198.51.100.9:443',
      'name gone.example (from a DNS answer)',
      'round trip 12.3 ms',
      'program curl',
      'place Berlin, Germany',
      'network AS64500 Example Net',
      'interface eth0',
      'state established',
      'first 2023-11-14T22:13:20.000Z',
    ]) {
      expect(text).toContain(part)
    }
    const there = inputOf(SOME, { view: { selected: 'connection 1', details: true } })
    const lines = linesOf(80, 24, there)
    expect(lines.join('\n')).not.toContain('gone')
    expect(lines[3]).toMatch(/^→ https/)
    expect(
      drawTable(80, 24, there)
        .look.slice(3 * 80, 4 * 80)
        .every((look) => look.startsWith('7')),
    ).toBe(true)
  })

  it('survives names of strangers: they stay in their cells', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }))
    fc.assert(
      fc.property(text, text, text, fc.integer({ min: 30, max: 200 }), (name, process, city, columns) => {
        const row = watched(1, { name, process, place: { ...TOKYO, city } })
        const input = inputOf([row], {
          hasPrograms: true,
          view: { selected: 'connection 1', details: true, map: false },
        })
        for (const line of linesOf(columns, 24, input)) expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u)
      }),
    )
  })

  it('is plain where the terminal is', () => {
    const input = inputOf(SOME, { graphics: 'ascii', view: { grouping: 'hosts' } })
    for (const line of [...linesOf(80, 24, input), ...linesOf(80, 24, inputOf(SOME, { graphics: 'ascii' }))]) {
      expect(line).toMatch(/^[ -~]*$/)
    }
  })
})

it.each([
  [0, ''],
  [0.3, '<1'],
  [999, '999'],
  [999.6, '1.00k'],
  [9_994, '9.99k'],
  [9_996, '10.0k'],
  [99_960, '100k'],
  [999_600, '1.00M'],
  [1.234e9, '1.23G'],
  [Number.NaN, ''],
])('%f is %j in five cells', (value, text) => {
  expect(shortCount(value)).toBe(text)
})

it.each([
  [-5, '0s'],
  [59e6, '59s'],
  [185e6, '3m05'],
  [7800e6, '2h10'],
  [47.99 * 3600e6, '47h59'],
  [50 * 3600e6, '2d'],
])('%d µs are %j', (us, text) => {
  expect(shortTime(us)).toBe(text)
})

it('the rate of the last minutes has a bar for five seconds each, and gaps where nothing was noted', () => {
  const history = makeRateHistory()
  expect([history.line().bars(10, false), history.line().spanUs(10)]).toEqual(['', 0])
  for (const [second, rate] of [
    [0, 100],
    [1, 300],
    [5, 800],
    [17, 400],
  ] as const) {
    history.add(second * 1e6, rate)
  }
  const line = history.line()
  expect([line.bars(10, false), line.bars(2, false), line.bars(10, true)]).toEqual(['▃█ ▅', '█', ',# ~'])
  history.add(20e6, 0)
  expect(line.bars(10, false)).toBe('▃█ ▅')
  for (let second = 25; second < 2000; second += 1) history.add(second * 1e6, 1)
  expect(history.line().bars(1000, false)).toHaveLength(60)
})

it('the map has the places, and is another when they are', () => {
  const home = { point: { latitude: 1, longitude: 2 }, label: 'here' }
  const content = placesMap(SOME, home)!
  expect(Array.from(content.data().points.latitude)).toEqual([52.5, 35.7])
  expect(content.options.arcsTo).toEqual(home.point)
  expect(placesMap([...SOME].reverse(), home)!.key).toBe(content.key)
  expect(placesMap(SOME.slice(0, 1), home)!.key).not.toBe(content.key)
  expect(placesMap(SOME, null)!.key).not.toBe(content.key)
  expect(placesMap([watched(1)], home)).toBeNull()
})
