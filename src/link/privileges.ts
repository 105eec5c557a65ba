/**
 * Giving up rights for good, once the sockets are open: what arrives from strangers is then read by threads that can do
 * nothing but read it. Linux keeps capabilities for each thread, and a thread begins with those of the one that starts it;
 * the C library's setuid changes all threads, as POSIX wants it. Sources: capabilities(7), capset(2), prctl(2), credentials(7).
 *
 * Threads share their memory, so a thread without rights beside one that has some is a hurdle and no wall. The wall is the
 * other user of becomeUser, where no thread keeps anything in the end.
 */

import { stat } from 'node:fs/promises'
import { InterplotError } from '../core/errors.ts'
import { PR_SET_KEEPCAPS, PR_SET_NO_NEW_PRIVS } from './kernel-constants.ts'
import { CAP_DATA, CAP_HEADER } from './kernel-structures.ts'
import { errnoText, libc } from './libc.ts'

/** There in every Node.js on Linux, and not in its types. */
type WithGroups = typeof process & { initgroups(user: number, group: number): void }

/** _LINUX_CAPABILITY_VERSION_3: capabilities are two words. */
const VERSION = 0x20080522
const WORDS = 2
/** CAP_NET_ADMIN (a large send buffer), CAP_NET_RAW, CAP_IPC_LOCK, CAP_PERFMON and CAP_BPF: what the links' sockets take. */
const FOR_SOCKETS = [12, 13, 14, 38, 39] as const

export interface User {
  uid: number
  gid: number
}

const header = (): Uint32Array => {
  const words = new Uint32Array(CAP_HEADER.sizeBytes / 4)
  words[CAP_HEADER.offset.version / 4] = VERSION
  return words
}

const failed = (what: string): InterplotError =>
  new InterplotError('ERR_RAW_PRIVILEGE', `${what}: ${errnoText(libc().errno())}`, {
    advice: 'Use --keep-privileges to go on as you are.',
  })

/** The calling thread's permitted capabilities, as two words. */
const permitted = (): number[] => {
  const data = new Uint32Array((CAP_DATA.sizeBytes * WORDS) / 4)
  if (libc().capget(header(), data) !== 0) throw failed('the rights of this thread cannot be read')
  return Array.from({ length: WORDS }, (_, word) => data[(CAP_DATA.sizeBytes * word + CAP_DATA.offset.permitted) / 4]!)
}

/** Sets the calling thread's capabilities, those in force and those it may take alike. */
const setCapabilities = (words: readonly number[]): void => {
  const data = new Uint32Array((CAP_DATA.sizeBytes * WORDS) / 4)
  for (const [word, bits] of words.entries()) {
    const at = (CAP_DATA.sizeBytes * word) / 4
    data[at + CAP_DATA.offset.effective / 4] = bits
    data[at + CAP_DATA.offset.permitted / 4] = bits
  }
  if (libc().capset(header(), data) !== 0) throw failed('rights cannot be given up')
}

/**
 * Takes every capability from the calling thread, and the possibility to gain any by running another program.
 * @throws InterplotError ERR_RAW_PRIVILEGE
 */
export const dropCapabilities = (): void => {
  if (libc().prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) !== 0) throw failed('no_new_privs cannot be set')
  setCapabilities([0, 0])
}

/**
 * Makes the whole process another user's. Only the calling thread, and threads that it starts from now on, keep what it
 * takes to open sockets, until each calls dropCapabilities. For the main thread of a process of root.
 * @throws InterplotError ERR_RAW_PRIVILEGE
 */
export const becomeUser = async ({ uid, gid }: User): Promise<void> => {
  // Threads of Node.js' own pool begin with the first work for it: here, to lose everything below. Later ones would keep rights.
  await stat('/')
  if (libc().prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) !== 0) throw failed('PR_SET_KEEPCAPS cannot be set')
  try {
    const here = process as WithGroups
    here.initgroups(uid, gid)
  } catch {
    // A user without a name is in no other groups.
    process.setgroups!([gid])
  }
  process.setgid!(gid)
  process.setuid!(uid)
  const had = permitted()
  const wanted = [0, 0]
  for (const capability of FOR_SOCKETS) wanted[capability >>> 5] = wanted[capability >>> 5]! | (1 << (capability & 31))
  setCapabilities(wanted.map((bits, word) => bits & had[word]!))
}
