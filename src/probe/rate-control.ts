/**
 * `--rate auto`: the highest rate at which nothing is lost, found and followed. Additive increase, multiplicative decrease
 * (Chiu and Jain, "Analysis of the increase and decrease algorithms", 1989), as TCP does it (RFC 5681), with other signs of
 * trouble: packets that the kernel or the network card dropped, probes that could not be sent, known responders that fall
 * silent (canaries, probed again through the scan), and their round trip growing, which means that a queue on the line is
 * filling up and everybody else on it waits behind us.
 *
 * At first the rate grows by GROWTH a step until the first trouble. At each trouble it falls to BACK_OFF; then it comes
 * back fast to just below where the trouble was, creeps past that point, and is bolder again beyond it: most of the time is
 * spent close to the limit and little above it (the idea of CUBIC, RFC 9438). Trouble that was sent off before the last
 * decrease is not counted again.
 */

export const RATE_STEP_US = 500_000

const START_PPS = 1000
const MIN_PPS = 100
/** Without canaries nothing tells about losses on the way: no faster than this. */
const BLIND_PPS = 10_000
const GROWTH = 1.3
const BACK_OFF = 0.7
/** Up to this share of where the trouble was, the way back is fast: RETURN of what is left of it in each step. */
const NEAR = 0.94
const RETURN = 0.15
/** Around the trouble, and from BEYOND of it on, for each step. */
const CREEP = 0.002
const CLIMB = 0.02
const BEYOND = 1.06
/** After a decrease: as long as it takes until what is seen was sent at the new rate. */
const SETTLE_US = 2_000_000
/** Canaries that a judgement needs. */
const MIN_JUDGED = 20
/** Steps over which canaries are added up. */
const WINDOW_STEPS = 16
/** A round trip that has grown by more than this, and by half, means a queue. */
const QUEUE_US = 15_000
/** Below this share of what was asked, the machine itself is the limit. */
const ACHIEVED = 0.95

export interface RateSample {
  nowUs: number
  /** All since the start: */
  sent: number
  /** dropped by the kernel or the interface, or not sent at all; */
  dropped: number
  canariesAnswered: number
  canariesLost: number
  /** Median round trip of the canaries judged since the last sample, or null without any. */
  rttUs: number | null
}

export type RateTrouble = 'drops' | 'silent canaries' | 'a growing round trip'

export interface RateControl {
  /** To be called every RATE_STEP_US. @returns the rate from now on, packets a second. */
  step(sample: RateSample): number
  /** Why the rate was lowered last, or null. */
  trouble(): RateTrouble | null
}

/** Canaries are lost by chance, too: so many more than the usual share in so few are no chance (three standard deviations). */
const isLossy = (lost: number, judged: number, usualShare: number): boolean => {
  const expected = usualShare * judged
  return judged >= MIN_JUDGED && lost > expected + 3 * Math.sqrt(Math.max(expected, 0.1)) + 1
}

/** @param maxPps `--rate auto` with `--bandwidth`: no faster than that. */
export const controlRate = (maxPps = Number.POSITIVE_INFINITY): RateControl => {
  let ratePps = Math.min(START_PPS, maxPps)
  /** Where the last trouble was; Infinity before the first. */
  let troublePps = Number.POSITIVE_INFINITY
  let settledUs = 0
  let before: RateSample | null = null
  let trouble: RateTrouble | null = null
  let baseRttUs = Number.POSITIVE_INFINITY
  let usual = { lost: 0, judged: 0 }
  const window: { lost: number; judged: number }[] = []

  const troubleIn = (sample: RateSample, last: RateSample): RateTrouble | null => {
    if (sample.dropped > last.dropped) return 'drops'
    const lost = window.reduce((sum, each) => sum + each.lost, 0)
    const judged = window.reduce((sum, each) => sum + each.judged, 0)
    const usualShare = usual.judged === 0 ? 0 : usual.lost / usual.judged
    if (isLossy(lost, judged, usualShare)) return 'silent canaries'
    const { rttUs } = sample
    if (rttUs !== null && rttUs > baseRttUs + Math.max(QUEUE_US, baseRttUs / 2)) return 'a growing round trip'
    return null
  }

  const lower = (sample: RateSample, why: RateTrouble): void => {
    trouble = why
    troublePps = ratePps
    ratePps = Math.max(MIN_PPS, ratePps * BACK_OFF)
    settledUs = sample.nowUs + SETTLE_US
    window.length = 0
  }

  const raised = (): number => {
    if (troublePps === Number.POSITIVE_INFINITY) return ratePps * GROWTH
    const way = troublePps * NEAR - ratePps
    if (way > 0) return ratePps + Math.max(way * RETURN, troublePps * CREEP)
    return ratePps * (1 + (ratePps < troublePps * BEYOND ? CREEP : CLIMB))
  }

  const raise = (sample: RateSample, achievedPps: number): void => {
    const judged = sample.canariesAnswered + sample.canariesLost
    const blind = judged < MIN_JUDGED ? BLIND_PPS : Number.POSITIVE_INFINITY
    // A rate that the machine does not reach is no rate: it stays a little above what is reached.
    const reachable = achievedPps < ratePps * ACHIEVED ? Math.max(achievedPps * 1.1, MIN_PPS) : Number.POSITIVE_INFINITY
    ratePps = Math.min(raised(), Math.max(ratePps, blind), reachable, maxPps)
  }

  return {
    step(sample) {
      const last = before
      before = sample
      if (last === null) return ratePps
      const answered = sample.canariesAnswered - last.canariesAnswered
      const lost = sample.canariesLost - last.canariesLost
      if (sample.rttUs !== null) baseRttUs = Math.min(baseRttUs, sample.rttUs)
      if (sample.nowUs < settledUs) return ratePps
      window.push({ lost, judged: answered + lost })
      if (window.length > WINDOW_STEPS) window.shift()
      const why = troubleIn(sample, last)
      if (why !== null) lower(sample, why)
      else {
        // What is usual is learned where there is no doubt: well below the last trouble.
        if (ratePps < troublePps * NEAR) usual = { lost: usual.lost + lost, judged: usual.judged + answered + lost }
        raise(sample, ((sample.sent - last.sent) * 1e6) / (sample.nowUs - last.nowUs))
      }
      return ratePps
    },
    trouble: () => trouble,
  }
}
