/** On which processors the calling thread may run: sched_setaffinity(2), whose mask has a bit for each of 1024 processors. */

import { constants } from 'node:os'
import { InterplotError } from '../core/errors.ts'
import { errnoText, libc } from './libc.ts'

const MASK_BYTES = 128
const THIS_THREAD = 0

/** Binds the calling thread to one processor. @throws InterplotError ERR_USAGE when the machine has none of that number. */
export const pinThread = (core: number): void => {
  const mask = new Uint8Array(MASK_BYTES)
  if (core < MASK_BYTES * 8) mask[core >>> 3] = 1 << (core & 7)
  if (libc().sched_setaffinity(THIS_THREAD, MASK_BYTES, mask) === 0) return
  const errno = libc().errno()
  const reason = errno === constants.errno.EINVAL ? 'this machine has no such processor' : errnoText(errno)
  throw new InterplotError('ERR_USAGE', `no thread can run on processor ${core}: ${reason}`, {
    advice: 'Processors are numbered from 0; leave --cores out to let the kernel choose.',
  })
}
