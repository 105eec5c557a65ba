/** The live view of simulated traces, at several sizes of a terminal. */

import { describe, expect, it } from 'vitest'
import { noAddressPlaces } from '../../../../src/commands/address-places.ts'
import { screenLines } from '../../../../src/commands/live/screen.ts'
import { noHostNames } from '../../../../src/commands/trace/host-names.ts'
import { finalTable } from '../../../../src/commands/trace/live/final-table.ts'
import { drawFrame, type FrameInput } from '../../../../src/commands/trace/live/frame.ts'
import type { HopFacts } from '../../../../src/commands/trace/live/hop-row.ts'
import { initialView } from '../../../../src/commands/trace/live/view-state.ts'
import { parseIp } from '../../../../src/core/ip.ts'
import type { Place } from '../../../../src/core/place.ts'
import type { ScenarioInput } from '../../../../src/lab/scenario.ts'
import { DEFAULT_FLIGHT } from '../../../../src/probe/trace/flight.ts'
import { type LiveState, liveTrace } from '../../../../src/probe/trace/live-trace.ts'
import { cellsOf } from '../../../../src/render/terminal/cell-text.ts'
import { chain, router, scenario, simulatedExchange, TARGET } from '../../../sim/simulated-trace.ts'

const target = parseIp(TARGET)!

const traced = async (input: ScenarioInput, cycles = 10): Promise<LiveState> => {
  const exchange = await simulatedExchange(input)
  const state = await liveTrace(exchange, target, { flight: DEFAULT_FLIGHT, intervalUs: 1e6, cycles })
  await exchange.close()
  return state
}

const BERLIN: Place = {
  city: 'Berlin',
  countryCode: 'DE',
  asn: 64500,
  asOrganization: 'Example Net',
  latitude: 52.5,
  longitude: 13.4,
}

type Changes = Omit<Partial<FrameInput>, 'facts'> & { facts?: Partial<HopFacts> }

const inputOf = (state: LiveState, more: Changes = {}): FrameInput => ({
  name: 'target.example',
  hosts: 1,
  method: 'icmp paris',
  source: parseIp('10.77.0.1')!,
  state,
  view: { ...initialView(1e6), ...more.view },
  nowUs: state.startedUs + 60e6,
  colours: 'none',
  graphics: 'braille',
  map: { cells: () => null, failure: () => null },
  ...more,
  facts: { target, names: noHostNames, places: noAddressPlaces, showNames: true, maskHops: 0, ...more.facts },
})

const view = (changes: Partial<FrameInput['view']>): { view: FrameInput['view'] } => ({
  view: { ...inputOf({} as LiveState).view, ...changes },
})

const linesOf = (columns: number, rows: number, input: FrameInput): string[] => {
  const lines = screenLines(drawFrame(columns, rows, input))
  expect(lines.length).toBe(rows)
  for (const line of lines) expect(cellsOf(line)).toBeLessThanOrEqual(columns)
  return lines
}

const silentAndLimited = [
  router('a', 1),
  router('b', 2, { silent: true }),
  router('c', 3, { icmpRatePps: 0.2, icmpBurst: 1, mpls: [{ label: 16, ttl: 1 }] }),
]

describe('the live view', () => {
  it('has a row for each hop with its numbers at 80×24', async () => {
    const lines = linesOf(80, 24, inputOf(await traced(scenario(silentAndLimited), 20)))
    expect(lines[0]).toMatch(/^target\.example \(10\.64\.0\.9\) icmp paris from 10\.77\.0\.1 +round 20, every 1 s$/)
    expect(lines[1]).toMatch(/host +loss +sent +last +avg +best +worst +stdev history/)
    expect(lines[2]).toMatch(/^ +1 10\.9\.0\.1 +0% +20 +10\.0 +10\.0 +10\.0 +10\.0 +0\.00 +▁{8}$/)
    expect(lines[3]).toMatch(/^ +2 \(no answer\) +100% +20( +-){5} +x{8}$/)
    expect(lines[4]).toMatch(/^ +3 10\.9\.0\.3 limited +80% +20 /)
    expect(lines[5]).toMatch(/^ +4 10\.64\.0\.9 +0% +20 /)
    expect(lines.slice(6, 22)).toEqual(Array(16).fill(''))
    expect(lines[22]).toBe('reached in 4 hops')
    expect(lines[23]).toMatch(/^q quit {2}p pause .*\? help$/)
  })

  it.each([
    [30, 6],
    [40, 12],
    [80, 24],
    [100, 30],
    [160, 50],
    [300, 80],
  ])('fits %i×%i, with more columns where there is room', async (columns, rows) => {
    const state = await traced(scenario(chain(20)))
    for (const columnSet of ['counts', 'latency', 'places'] as const) {
      for (const help of [false, true]) {
        const lines = linesOf(columns, rows, inputOf(state, view({ columnSet, help, selected: 12 })))
        if (!help) expect(lines[0]).toMatch(/^target/)
        if (!help && rows > 6) expect(lines.some((line) => line.startsWith(' 12 '))).toBe(true)
      }
    }
    const [, headings] = linesOf(columns, rows, inputOf(state))
    expect(headings!.trim().split(/ +/).length).toBe({ 30: 2, 40: 3, 80: 9, 100: 11, 160: 13, 300: 13 }[columns])
  })

  it('says so on a terminal that is too small', async () => {
    expect(linesOf(20, 3, inputOf(await traced(scenario(chain(2)))))[0]).toBe('20x3 is too small; q')
  })

  it('shows several routers of one hop as rows, or as a number where there is no room', async () => {
    const state = await traced(
      scenario([router('a', 1), router('b', 2), router('c', 3), router('d', 4)], {
        path: ['a', { balance: 'packet', branches: [['b'], ['c'], ['d']] }],
      }),
      60,
    )
    const tall = linesOf(80, 24, inputOf(state))
    expect(tall.slice(3, 6).map((line) => /(\S+) +(\d+%)/.exec(line.slice(4))?.slice(1, 3))).toEqual(
      expect.arrayContaining([[expect.stringMatching(/^10\.9\.0\.\d$/), expect.anything()]]),
    )
    expect(tall[4]).toMatch(/^ {6}10\.9\.0\.\d \d\d%$/)
    expect(linesOf(80, 8, inputOf(state))[3]).toMatch(/^ {2}2 10\.9\.0\.\d \+2 /)
    const detail = linesOf(200, 24, inputOf(state, view({ selected: 2 })))
    expect(detail[20]).toMatch(/^hop 2 10\.9\.0\.\d \d\d% · 10\.9\.0\.\d \d\d% · 10\.9\.0\.\d \d\d%$/)
  })

  it('tells what is known of the selected hop', async () => {
    const places = { ...noAddressPlaces, place: () => BERLIN }
    const state = await traced(scenario(silentAndLimited), 20)
    const lines = linesOf(160, 24, inputOf(state, { ...view({ selected: 3, map: false }), facts: { places } }))
    expect(lines[20]).toBe('hop 3 10.9.0.3 AS64500, Example Net, Berlin, DE')
    expect(lines[21]).toMatch(
      /^MPLS 16 \(class 0, TTL 1\) · 4 of 20 answered · .* · answers with TTL 253 · limits its answers/,
    )
    expect(lines[2]).toMatch(/AS64500 +Berlin, DE/)
  })

  it('is not steered by the names of strangers, nor by wide ones', async () => {
    const state = await traced(scenario(chain(3)))
    const hostile = '\u001b[2J\u202e東京東京東京東京東京東京東京東京東京'
    const names = { ...noHostNames, known: () => hostile }
    const lines = linesOf(80, 24, inputOf(state, { name: hostile, facts: { names } }))
    expect(lines.join('')).toMatch(/^[^\p{Cc}\p{Cf}]*$/u)
    expect(lines[2]).toMatch(/^ +1 \[2J東京.*… +0% +10 /)
    expect(lines.slice(2, 6).map((line) => cellsOf(line.slice(0, line.indexOf('0%'))))).toEqual(Array(4).fill(28))
  })

  it('hides the first hops wherever they could be seen', async () => {
    const places = { ...noAddressPlaces, place: () => BERLIN }
    const state = await traced(scenario(chain(3)))
    for (const selected of [1, 2, 3]) {
      const facts = { maskHops: 2, places }
      const text = linesOf(200, 24, inputOf(state, { ...view({ selected }), facts })).join('\n')
      expect(text).not.toMatch(/10\.9\.0\.[12]\b|10\.77\.0\.1/)
      expect(text).toMatch(/ 1 \(hidden\).*\n +2 \(hidden\).*\n +3 10\.9\.0\.3/)
    }
  })

  it('says when the path has changed', async () => {
    const input = scenario([...chain(3), router('x', 20)], {
      path: ['r1', 'r2', 'r3'],
      paths: [{ fromMs: 5500, path: ['r1', 'x', 'r3'] }],
    })
    const lines = linesOf(120, 24, inputOf(await traced(input, 12)))
    expect(lines[22]).toMatch(
      /^reached in 4 hops · path changed once, 5\d s ago · hop 2: 10\.9\.0\.20 instead of 10\.9\.0\.2$/,
    )
  })

  it('has nothing but ASCII on a terminal without more', async () => {
    const state = await traced(scenario(silentAndLimited), 20)
    const input = inputOf(state, { graphics: 'ascii', ...view({ selected: 3, help: true }) })
    expect(linesOf(120, 40, input).join('')).toMatch(/^[ -~]*$/)
  })

  it('leaves its table as plain lines', async () => {
    const state = await traced(scenario(chain(2)))
    const { facts } = inputOf(state)
    const lines = finalTable({
      name: 'a.example',
      method: 'icmp paris',
      state,
      facts,
      columns: 80,
      set: 'counts',
      plain: false,
    })
    expect(lines.length).toBe(5)
    expect(lines[0]).toBe('a.example (10.64.0.9), icmp paris, 10 rounds')
    expect(lines[4]).toMatch(/^ {2}3 10\.64\.0\.9 +0% +10 /)
  })
})
