/** interplot's own sender and reader, in threads where the link has them, else in turn in this one. */

import { systemClock } from '../core/clock.ts'
import { runScan } from '../probe/scanner.ts'
import type { LinkChoice } from './link-choice.ts'
import type { ScanEngine } from './scan-engine.ts'
import { TICK_MS } from './scan-supervision.ts'
import { runThreadedScan } from './scan-threads.ts'

export const nativeEngine = ({ kind, spec }: LinkChoice): ScanEngine => ({
  name: 'native',
  severalSenders: kind.threads,
  isSteerable: true,
  canResume: true,
  isSimulation: kind.name === 'sim',
  async run({ plan, control, supervision, cores, earlier, onBatch, onNote }) {
    const { canaries } = supervision
    const extras = {
      ...(canaries === undefined ? {} : { canaries }),
      ...(earlier === undefined ? {} : { earlier }),
    }
    if (kind.threads) {
      const timer = setInterval(() => supervision.tick(systemClock.nowUs()), TICK_MS)
      try {
        return await runThreadedScan({ plan, spec, control, onBatch, onNote, cores, ...extras })
      } finally {
        clearInterval(timer)
      }
    }
    const link = kind.open(spec, { mayBlock: false })
    let tickedUs = 0
    const onTick = (nowUs: number): void => {
      if (nowUs - tickedUs < TICK_MS * 1000) return
      tickedUs = nowUs
      supervision.tick(nowUs)
    }
    try {
      await runScan({ plan, link, control, onBatch, onTick, ...extras })
    } finally {
      await link.close()
    }
  },
})
