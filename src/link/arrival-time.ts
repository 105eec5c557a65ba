/**
 * When packets arrived, on the scale of the link's clock. The kernel stamps them with CLOCK_REALTIME, which people and NTP
 * set; the offset to CLOCK_MONOTONIC, read when packets are read, takes that out again. A packet that was stamped before a step
 * and is read after it needs the offset of before: with the wrong one it would have come in the future, or before
 * packets that came before it. Ring and stamps are in order of arrival, so one of the two fits.
 */

/** Offsets of two readings differ by less than this as long as nobody sets the clock. */
const STEP_US = 1000

/** The kernel's clocks at one moment. */
export interface ClockReading {
  /** CLOCK_REALTIME minus CLOCK_MONOTONIC. */
  offsetUs: number
  monotonicUs: number
}

export interface ArrivalTime {
  /** To be called before packets are read. */
  begin(now: ClockReading): void
  /** @param realUs the kernel's stamp. */
  of(realUs: number): number
}

/** @param epochOffsetUs what the link's clock is ahead of CLOCK_MONOTONIC. @param opened before the first packet could come. */
export const makeArrivalTime = (epochOffsetUs: number, opened: ClockReading): ArrivalTime => {
  let shiftUs = epochOffsetUs - opened.offsetUs
  let formerShiftUs = shiftUs
  let stepped = false
  let nowUs = opened.monotonicUs + epochOffsetUs
  let lastUs = nowUs

  /** Whether a packet that is read now, after the last one, may have come at that time. */
  const fits = (timeUs: number): boolean => timeUs <= nowUs + STEP_US && timeUs >= lastUs - STEP_US
  return {
    begin({ offsetUs, monotonicUs }) {
      formerShiftUs = shiftUs
      shiftUs = epochOffsetUs - offsetUs
      stepped = Math.abs(shiftUs - formerShiftUs) > STEP_US
      nowUs = monotonicUs + epochOffsetUs
    },
    of(realUs) {
      let timeUs = realUs + shiftUs
      if (stepped && !fits(timeUs) && fits(realUs + formerShiftUs)) timeUs = realUs + formerShiftUs
      lastUs = timeUs
      return timeUs
    },
  }
}
