// Preloaded into a program and its threads: what JavaScript can see of the system clock is set back an hour after STEP_MS, and
// two hours ahead another STEP_MS later. performance.now(), process.hrtime() and timers go on as they do when a real clock is set.

const STEP_MS = 1000
const HOUR_MS = 3_600_000
const RealDate = Date
const offsetMs = () => {
  const sinceMs = performance.now()
  return sinceMs < STEP_MS ? 0 : sinceMs < 2 * STEP_MS ? -HOUR_MS : HOUR_MS
}

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + offsetMs())
    else super(...args)
  }

  static now() {
    return RealDate.now() + offsetMs()
  }
}
