import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkRounds, nextRoundUs, type RoundTimes, runRounds } from '../../../src/commands/trace/trace-rounds.ts'
import { InterplotError } from '../../../src/core/errors.ts'
import { errorCode, errorCodeOf } from '../../error-code.ts'

const HOUR_US = 3600e6

/** Time that only passes by waiting, and by `workUs` in each round. */
const play = async (rounds: Parameters<typeof runRounds>[0], startUs: number, workUs: number, failIn = -1) => {
  let nowUs = startUs
  const begun: number[] = []
  const notes: string[] = []
  const times: RoundTimes = {
    nowUs: () => nowUs,
    random: () => 0.5,
    until: async (us) => {
      nowUs = us
    },
  }
  await runRounds(rounds, times, {
    round: async (number) => {
      begun.push(nowUs)
      nowUs += workUs
      if (number === failIn) throw new InterplotError('ERR_HOST_NAME', 'no name server')
    },
    stopped: () => begun.length >= 6,
    note: (line) => notes.push(line),
  })
  return { begun: begun.map((us) => us / HOUR_US), notes }
}

describe('rounds of traces', () => {
  it.each<[string, number, number, number, number[]]>([
    ['begin at once, then at full hours', 0, 10.25, 0.1, [10.25, 11, 12, 13]],
    ['wait for the next hour where they begin at one', 0, 10, 0.1, [10, 11, 12, 13]],
    ['leave out those that they last over', 0, 10.25, 1.1, [10.25, 12, 14, 16]],
    ['begin a little later by the jitter', 0.2, 10.25, 0.1, [10.25, 11.1, 12.1, 13.1]],
  ])('%s', async (_name, jitter, start, work, begun) => {
    const rounds = { everyUs: HOUR_US, jitterUs: jitter * HOUR_US, most: 4 }
    expect((await play(rounds, start * HOUR_US, work * HOUR_US)).begun).toEqual(begun)
  })

  it('end when they are stopped', async () => {
    expect((await play({ everyUs: HOUR_US, jitterUs: 0 }, 0, 1)).begun).toHaveLength(6)
  })

  it('go on after one that cannot be made, but not after the first', async () => {
    const rounds = { everyUs: HOUR_US, jitterUs: 0, most: 3 }
    expect(await play(rounds, 0, 1, 1)).toEqual({ begun: [0, 1, 2], notes: ['ERR_HOST_NAME: no name server'] })
    expect(await errorCodeOf(play(rounds, 0, 1, 0))).toBe('ERR_HOST_NAME')
  })

  it('never begin before now, nor later than interval and jitter', () => {
    const us = fc.integer({ min: 1, max: 1e12 })
    fc.assert(
      fc.property(us, us, fc.double({ min: 0, max: 1, noNaN: true }), (everyUs, nowUs, random) => {
        const jitterUs = everyUs / 3
        const next = nextRoundUs({ everyUs, jitterUs }, nowUs, random)
        return next > nowUs && next <= nowUs + everyUs + jitterUs
      }),
    )
  })

  it.each([
    [0.5e6, 0],
    [60e6, 60e6],
  ])('refuse an interval of %d µs with a jitter of %d', (everyUs, jitterUs) => {
    expect(errorCode(() => checkRounds({ everyUs, jitterUs }))).toBe('ERR_USAGE')
  })
})
