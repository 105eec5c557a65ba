import { describe, expect, it } from 'vitest'
import { randomStream } from '../../src/core/random.ts'
import { controlRate, RATE_STEP_US, type RateSample } from '../../src/probe/rate-control.ts'

/** A line of so many packets a second with a queue in front of it, and responders behind it of which some are flaky. */
interface Line {
  capacityPps: number
  queuePackets: number
  baseRttUs: number
  /** Share of canaries that fail for reasons of their own. */
  flaky: number
  /** Losses are seen by the kernel (its own queue) instead of only by silent canaries. */
  localDrops?: boolean
  /** What the machine can send at most. */
  machinePps?: number
  /** Changes of the capacity: from this second on. */
  changes?: readonly { second: number; capacityPps: number }[]
  maxPps?: number
}

interface Course {
  /** Rate in each step. */
  rates: number[]
  /** Packets sent and lost over the last half. */
  sent: number
  lost: number
}

const drive = (line: Line, seconds: number, seed: string): Course => {
  const random = randomStream(seed, 'line').nextFloat
  const control = controlRate(line.maxPps)
  const steps = (seconds * 1e6) / RATE_STEP_US
  const rates: number[] = []
  const sample: RateSample = { nowUs: 0, sent: 0, dropped: 0, canariesAnswered: 0, canariesLost: 0, rttUs: null }
  let backlog = 0
  let late = { answered: 0, lost: 0, rttUs: null as number | null }
  const course: Course = { rates, sent: 0, lost: 0 }
  for (let step = 0; step < steps; step += 1) {
    const ratePps = control.step({ ...sample })
    rates.push(ratePps)
    const second = (step * RATE_STEP_US) / 1e6
    const capacityPps =
      line.changes?.filter((change) => change.second <= second).at(-1)?.capacityPps ?? line.capacityPps
    const sent = (Math.min(ratePps, line.machinePps ?? Number.POSITIVE_INFINITY) * RATE_STEP_US) / 1e6
    const room = (capacityPps * RATE_STEP_US) / 1e6 + line.queuePackets - backlog
    const lost = Math.max(0, sent - room)
    backlog = Math.min(line.queuePackets, Math.max(0, backlog + sent - (capacityPps * RATE_STEP_US) / 1e6))
    sample.nowUs += RATE_STEP_US
    sample.sent += sent
    if (line.localDrops === true) sample.dropped += Math.round(lost)
    // Canaries are judged one step later.
    sample.canariesAnswered += late.answered
    sample.canariesLost += late.lost
    sample.rttUs = late.rttUs
    const canaries = Math.min(50, Math.floor(sent * 0.02))
    const answered = Array.from({ length: canaries }).filter(
      () => random() >= line.flaky && random() >= lost / sent,
    ).length
    late = {
      answered,
      lost: canaries - answered,
      rttUs: canaries > 0 ? line.baseRttUs + (backlog / capacityPps) * 1e6 : null,
    }
    if (step >= steps / 2) {
      course.sent += sent
      course.lost += lost
    }
  }
  return course
}

const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length

describe('the rate that finds itself', () => {
  const lines: [string, Line][] = [
    ['a short queue, losses out of sight', { capacityPps: 50_000, queuePackets: 100, baseRttUs: 20_000, flaky: 0 }],
    ['flaky responders', { capacityPps: 50_000, queuePackets: 100, baseRttUs: 20_000, flaky: 0.03 }],
    [
      'a household line with a deep queue',
      { capacityPps: 20_000, queuePackets: 20_000, baseRttUs: 15_000, flaky: 0.01 },
    ],
    [
      'drops of our own kernel',
      { capacityPps: 300_000, queuePackets: 1000, baseRttUs: 1000, flaky: 0, localDrops: true },
    ],
    ['a slow line', { capacityPps: 3000, queuePackets: 200, baseRttUs: 40_000, flaky: 0.01 }],
  ]
  it.each(lines)('settles on %s: most of what it carries, next to nothing lost', (_name, line) => {
    for (const seed of ['a', 'b', 'c', 'd']) {
      const { rates, sent, lost } = drive(line, 240, seed)
      const share = mean(rates.slice(rates.length / 2)) / line.capacityPps
      expect(share, `seed ${seed}`).toBeGreaterThan(0.6)
      expect(share, `seed ${seed}`).toBeLessThan(1.1)
      expect(lost / sent, `seed ${seed}`).toBeLessThan(0.02)
    }
  })

  it('follows a line that becomes narrower, and wider again', () => {
    const line: Line = {
      capacityPps: 40_000,
      queuePackets: 500,
      baseRttUs: 20_000,
      flaky: 0.01,
      changes: [
        { second: 100, capacityPps: 10_000 },
        { second: 200, capacityPps: 40_000 },
      ],
    }
    const { rates } = drive(line, 400, 'x')
    const at = (second: number): number => mean(rates.slice(second * 2, second * 2 + 40))
    expect(at(70)).toBeGreaterThan(25_000)
    expect(at(170)).toBeLessThan(11_000)
    expect(at(370)).toBeGreaterThan(25_000)
  })

  it('stays at what the machine can send, and at the limit that was set', () => {
    const free: Line = { capacityPps: 1e7, queuePackets: 1000, baseRttUs: 1000, flaky: 0 }
    expect(drive({ ...free, machinePps: 200_000 }, 60, 'x').rates.at(-1)).toBeLessThan(250_000)
    expect(Math.max(...drive({ ...free, maxPps: 5000 }, 60, 'x').rates)).toBe(5000)
  })

  it('goes no faster than it can see', () => {
    const control = controlRate()
    const blind = Array.from({ length: 60 }, (_, step) =>
      control.step({
        nowUs: step * RATE_STEP_US,
        sent: step * 1e6,
        dropped: 0,
        canariesAnswered: 0,
        canariesLost: 0,
        rttUs: null,
      }),
    )
    expect(Math.max(...blind)).toBe(10_000)
  })
})
