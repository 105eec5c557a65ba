import { readdirSync, readlinkSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { openRawSocket } from '../../src/link/raw-package.ts'
import { isRoot } from './kernel-lab.ts'

const ICMP = 1

const openSockets = (): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:')
    } catch {
      return false
    }
  }).length

/** Lets the turn of the event loop end, so that nothing on the stack holds what was made in it. */
const collectGarbage = async (): Promise<void> => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  await new Promise((resolve) => setImmediate(resolve))
  for (let i = 0; i < 4; i += 1) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** @returns closes it, and holds nothing else. */
const openAndForget = (): (() => void) => {
  const reference = new WeakRef(openRawSocket(ICMP, 64))
  return () => {
    reference.deref()?.close()
  }
}

describe.skipIf(!isRoot)('sockets of the package raw-socket', () => {
  it('stay open while only the event loop waits for them, until they are closed', async () => {
    const before = openSockets()
    const close = openAndForget()
    await collectGarbage()
    expect(openSockets()).toBe(before + 1)
    close()
    await collectGarbage()
    expect(openSockets()).toBe(before)
  })
})
