/**
 * The functions of the C library that the links call, through koffi. The only place that declares any. They are looked up
 * in the running process itself, which is linked to the right library (glibc or musl) by definition. Loaded on first use,
 * so that a command that sends nothing never loads native code.
 */

import { createRequire } from 'node:module'
import { getSystemErrorMap } from 'node:util'
import { InterplotError } from '../core/errors.ts'

type Koffi = typeof import('koffi')
/** A buffer that stays alive during the call, an address, or NULL. */
export type Pointer = ArrayBufferView | ArrayBuffer | bigint | null

export interface Libc {
  socket(domain: number, type: number, protocol: number): number
  close(fd: number): number
  bind(fd: number, address: Pointer, bytes: number): number
  setsockopt(fd: number, level: number, option: number, value: Pointer, bytes: number): number
  getsockopt(fd: number, level: number, option: number, value: Pointer, bytes: Pointer): number
  sendmmsg(fd: number, messages: Pointer, count: number, flags: number): number
  send(fd: number, data: Pointer, bytes: number, flags: number): number
  recv(fd: number, data: Pointer, bytes: number, flags: number): number
  /** To a socket address of so many bytes. */
  sendto(fd: number, data: Pointer, bytes: number, flags: number, address: Pointer, addressBytes: number): number
  /** From whom goes into `address`, whose length is in `addressBytes`, before and after. */
  recvfrom(fd: number, data: Pointer, bytes: number, flags: number, address: Pointer, addressBytes: Pointer): number
  recvmsg(fd: number, message: Pointer, flags: number): number
  epoll_create1(flags: number): number
  epoll_ctl(epoll: number, operation: number, fd: number, event: Pointer): number
  poll(fds: Pointer, count: number, timeoutMs: number): number
  ioctl(fd: number, request: number, argument: Pointer): number
  read(fd: number, data: Pointer, bytes: number): number
  write(fd: number, data: Pointer, bytes: number): number
  mmap(address: Pointer, bytes: number, protection: number, flags: number, fd: number, offset: number): bigint
  usleep(us: number): number
  prctl(option: number, a: number, b: number, c: number, d: number): number
  capget(header: Pointer, data: Pointer): number
  capset(header: Pointer, data: Pointer): number
  clock_gettime(clock: number, timespec: Pointer): number
  sched_setaffinity(process: number, bytes: number, mask: Pointer): number
  /** A system call of three arguments that the C library has no function for. */
  syscall(number: number, a: number, b: Pointer, c: number): number
  /** The same in another thread; `b` must stay alive. Its errno is lost. */
  syscallAside(number: number, a: number, b: Pointer, c: number): Promise<number>
  /** Error number of this thread's last call that failed. */
  errno(): number
  /** Address of a buffer's first byte; the caller keeps the buffer alive while the address is in use. */
  addressOf(buffer: ArrayBuffer | ArrayBufferView): bigint
  /** Memory at an address as a buffer; it must stay mapped as long as the buffer can be reached. */
  viewOf(address: bigint, bytes: number): ArrayBuffer
  /** Waits, without blocking the thread, until `fd` can be read or `timeoutMs` are over. */
  waitReadable(fd: number, timeoutMs: number): ReadableWait
}

export interface ReadableWait {
  readonly done: Promise<void>
  /** Ends the wait at once; needed before `fd` is closed. */
  cancel(): void
}

const waitReadable = (koffi: Koffi, fd: number, timeoutMs: number): ReadableWait => {
  let cancel = (): void => undefined
  const done = new Promise<void>((resolve) => {
    let ended = false
    cancel = () => {
      if (ended) return
      ended = true
      clearTimeout(timer)
      handle.close()
      resolve()
    }
    const handle = koffi.node.poll(fd, { readable: true }, () => cancel())
    const timer = setTimeout(() => cancel(), timeoutMs)
  })
  return { done, cancel: () => cancel() }
}

/** Machines whose structure layouts kernel-structures.ts describes. */
const MACHINES: ReadonlySet<string> = new Set(['x64', 'arm64'])

const declare = (koffi: Koffi): Libc => {
  const library = koffi.load(null)
  const syscall = library.func('long syscall(long, long, void *, long)')
  return {
    socket: library.func('int socket(int, int, int)'),
    close: library.func('int close(int)'),
    bind: library.func('int bind(int, void *, uint)'),
    setsockopt: library.func('int setsockopt(int, int, int, void *, uint)'),
    getsockopt: library.func('int getsockopt(int, int, int, void *, void *)'),
    sendmmsg: library.func('int sendmmsg(int, void *, uint, int)'),
    send: library.func('long send(int, void *, size_t, int)'),
    recv: library.func('long recv(int, void *, size_t, int)'),
    sendto: library.func('long sendto(int, void *, size_t, int, void *, uint)'),
    recvfrom: library.func('long recvfrom(int, void *, size_t, int, void *, void *)'),
    recvmsg: library.func('long recvmsg(int, void *, int)'),
    epoll_create1: library.func('int epoll_create1(int)'),
    epoll_ctl: library.func('int epoll_ctl(int, int, int, void *)'),
    poll: library.func('int poll(void *, ulong, int)'),
    ioctl: library.func('int ioctl(int, ulong, void *)'),
    read: library.func('long read(int, void *, size_t)'),
    write: library.func('long write(int, void *, size_t)'),
    mmap: library.func('void *mmap(void *, size_t, int, int, int, long)'),
    usleep: library.func('int usleep(uint)'),
    prctl: library.func('int prctl(int, ulong, ulong, ulong, ulong)'),
    capget: library.func('int capget(void *, void *)'),
    capset: library.func('int capset(void *, void *)'),
    clock_gettime: library.func('int clock_gettime(int, void *)'),
    sched_setaffinity: library.func('int sched_setaffinity(int, size_t, void *)'),
    syscall,
    syscallAside: (...call) =>
      new Promise((resolve, reject) => {
        syscall.async(...call, (error: unknown, result: number | bigint) =>
          error === null ? resolve(Number(result)) : reject(error),
        )
      }),
    errno: () => koffi.errno(),
    addressOf: (buffer) => koffi.address(buffer),
    viewOf: (address, bytes) => koffi.view(address, bytes),
    waitReadable: (fd, timeoutMs) => waitReadable(koffi, fd, timeoutMs),
  }
}

let loaded: Libc | undefined
let failure: string | undefined

const load = (): void => {
  if (loaded !== undefined || failure !== undefined) return
  if (process.platform !== 'linux') {
    failure = 'it needs Linux'
  } else if (!MACHINES.has(process.arch)) {
    failure = `it knows the x64 and arm64 machines, this one is ${process.arch}`
  } else {
    try {
      loaded = declare(createRequire(import.meta.url)('koffi') as Koffi)
    } catch (error) {
      failure = `the koffi package cannot be loaded (${error instanceof Error ? error.message.split('\n')[0] : error})`
    }
  }
}

/** Why the C library cannot be called from here, or null. */
export const libcUnavailable = (): string | null => {
  load()
  return failure ?? null
}

/** @throws InterplotError ERR_LINK_UNAVAILABLE */
export const libc = (): Libc => {
  load()
  if (loaded === undefined) {
    throw new InterplotError('ERR_LINK_UNAVAILABLE', `system calls cannot be made from here: ${failure}`, {
      advice: 'Run "npm ci" again on this machine, or use --link raw.',
    })
  }
  return loaded
}

/** `EPERM: operation not permitted` for an error number. */
export const errnoText = (errno: number): string => {
  const known = getSystemErrorMap().get(-errno)
  return known === undefined ? `error ${errno}` : `${known[0]}: ${known[1]}`
}
