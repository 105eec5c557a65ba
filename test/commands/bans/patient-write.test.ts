import { describe, expect, it } from 'vitest'
import { writePatiently } from '../../../src/commands/bans/patient-write.ts'
import { InterplotError } from '../../../src/core/errors.ts'
import { errorCodeOf } from '../../error-code.ts'

const busy = () => new InterplotError('ERR_STORE_BUSY', 'x.db is being written by another program', { advice: 'Wait.' })

/** Fails so often, then writes. */
const run = async (failures: readonly Error[], stop: AbortSignal = new AbortController().signal) => {
  const notes: string[] = []
  const left = [...failures]
  const terminal = { note: (text: string) => notes.push(text) }
  const work = () => {
    const error = left.shift()
    if (error !== undefined) throw error
    return 'written'
  }
  return { made: await writePatiently(work, { terminal, stop, pauseMs: 0 }), notes }
}

describe('a results file that another program holds', () => {
  it('is waited for, and that is said once', async () => {
    const { made, notes } = await run([busy(), busy(), busy()])
    expect(made).toBe('written')
    expect(notes).toEqual([
      'x.db is being written by another program; what happens meanwhile is kept, and written when it is free',
      'the results file is free again',
    ])
  })

  it('nothing is said when it is free', async () => {
    expect((await run([])).notes).toEqual([])
  })

  it('other failures come through, and this one at the end', async () => {
    const full = new InterplotError('ERR_OUTPUT_FILE', 'the disk is full', { advice: 'Make room.' })
    expect(await errorCodeOf(run([busy(), full]))).toBe('ERR_OUTPUT_FILE')
    expect(await errorCodeOf(run([busy()], AbortSignal.abort()))).toBe('ERR_STORE_BUSY')
  })
})
