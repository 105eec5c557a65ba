/** Kernel sockets as values: opening, options and closing, with every failure a coded error instead of a number. */

import { constants } from 'node:os'
import { type ErrorCode, InterplotError } from '../core/errors.ts'
import { SOCK_CLOEXEC } from './kernel-constants.ts'
import { errnoText, libc, type Pointer } from './libc.ts'

const { EPERM, EACCES } = constants.errno

export const privilegeError = (cause?: unknown): InterplotError =>
  new InterplotError('ERR_RAW_PRIVILEGE', 'raw sockets need CAP_NET_RAW', {
    advice: 'Run with sudo, or: sudo setcap cap_net_raw+ep $(readlink -f $(which node))',
    cause,
  })

/** The coded error for a system call that failed with `errno`. */
export const callError = (
  code: ErrorCode,
  what: string,
  errno: number,
  advice = 'Run the command again; if it stays, report it with the kernel version.',
): InterplotError => new InterplotError(code, `${what}: ${errnoText(errno)}`, { advice })

/** @throws InterplotError ERR_RAW_PRIVILEGE without the right to, ERR_LINK_UNAVAILABLE for every other failure. */
export const openSocket = (domain: number, type: number, protocol: number): number => {
  const fd = libc().socket(domain, type | SOCK_CLOEXEC, protocol)
  if (fd >= 0) return fd
  const errno = libc().errno()
  if (errno === EPERM || errno === EACCES) throw privilegeError(new Error(`socket: ${errnoText(errno)}`))
  throw callError('ERR_LINK_UNAVAILABLE', 'the kernel gives no socket', errno, 'Use --link raw.')
}

/** Runs `prepare` on a fresh socket and closes it again when that fails. */
export const withSocket = <T>(fd: number, prepare: (fd: number) => T): T => {
  try {
    return prepare(fd)
  } catch (error) {
    libc().close(fd)
    throw error
  }
}

/** Sets an option if the kernel allows; for those that only make things faster. */
export const trySocketOption = (fd: number, level: number, option: number, value: number): boolean =>
  libc().setsockopt(fd, level, option, Int32Array.of(value), 4) === 0

/** @throws InterplotError ERR_LINK_UNAVAILABLE naming `what`. */
export const setSocketOption = (
  fd: number,
  level: number,
  option: number,
  value: number | Uint8Array,
  what: string,
): void => {
  const bytes: Pointer & ArrayBufferView = typeof value === 'number' ? Int32Array.of(value) : value
  if (libc().setsockopt(fd, level, option, bytes, bytes.byteLength) === 0) return
  const errno = libc().errno()
  if (errno === EPERM) throw privilegeError(new Error(`${what}: ${errnoText(errno)}`))
  throw callError('ERR_LINK_UNAVAILABLE', `cannot set ${what}`, errno)
}

/** @throws InterplotError ERR_INTERFACE */
export const bindSocket = (fd: number, address: Uint8Array, interfaceName: string): void => {
  if (libc().bind(fd, address, address.byteLength) === 0) return
  throw callError(
    'ERR_INTERFACE',
    `cannot listen on the interface ${interfaceName}`,
    libc().errno(),
    `Look at it with: ip link show ${interfaceName}`,
  )
}
