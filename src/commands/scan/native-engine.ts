/** interplot's own sender and reader, in threads where the link has them, else in turn in this one. */

import { systemClock } from '../../core/clock.ts'
import { runScan } from '../../probe/scanner.ts'
import { giveUpMainThread } from '../run-privileges.ts'
import type { LinkChoice } from './link-choice.ts'
import type { ScanEngine } from './scan-engine.ts'
import { TICK_MS } from './scan-supervision.ts'
import { runThreadedScan } from './scan-threads.ts'

export const nativeEngine = ({ kind, spec, specs }: LinkChoice): ScanEngine => ({
  name: 'native',
  oneSender: kind.threads ? (kind.oneSender ?? null) : '',
  isSteerable: true,
  canResume: true,
  isSimulation: kind.name === 'sim',
  async run({ plan, control, supervision, cores, dropPrivileges, earlier, onBatch, onNote }) {
    const { canaries } = supervision
    const extras = {
      ...(canaries === undefined ? {} : { canaries }),
      ...(earlier === undefined ? {} : { earlier }),
    }
    if (kind.threads) {
      const timer = setInterval(() => supervision.tick(systemClock.nowUs()), TICK_MS)
      try {
        return await runThreadedScan({ plan, specs, control, dropPrivileges, onBatch, onNote, cores, ...extras })
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
      const onOpen = (): void => giveUpMainThread(dropPrivileges)
      await runScan({ plan, link, control, onBatch, onTick, onOpen, ...extras })
    } finally {
      await link.close()
    }
  },
})
