/** Access to the optional npm package `raw-socket`, loaded on first use; it is missing where it could not be built. */

import { createRequire } from 'node:module'
import { isMainThread } from 'node:worker_threads'
import { InterplotError } from '../core/errors.ts'
import { privilegeError } from './socket.ts'

type RawSocketPackage = typeof import('raw-socket')
export type RawSocket = import('raw-socket').Socket

/**
 * The open sockets. The package lets go of a socket that nothing but the event loop waits for: without this a garbage
 * collection closes it in the middle of a wait, and nobody ever hears of it again.
 */
const openSockets = new Set<RawSocket>()

let loaded: RawSocketPackage | undefined
let failure: string | undefined

const load = (): void => {
  if (loaded !== undefined || failure !== undefined) return
  if (!isMainThread) {
    failure = 'the package raw-socket works in the main thread only'
    return
  }
  try {
    loaded = createRequire(import.meta.url)('raw-socket') as RawSocketPackage
  } catch (error) {
    // Node.js spreads its own message over several lines; the first alone names a path and no reason.
    const why = error instanceof Error ? error.message.replaceAll('\n', ' ') : String(error)
    failure = `the optional package raw-socket is not installed for Node.js ${process.versions.node} (${why})`
  }
}

/** Why the package cannot be used, or null. */
export const rawPackageUnavailable = (): string | null => {
  load()
  return failure ?? null
}

/** @throws InterplotError ERR_LINK_UNAVAILABLE */
export const rawPackage = (): RawSocketPackage => {
  load()
  if (loaded === undefined) {
    throw new InterplotError('ERR_LINK_UNAVAILABLE', `raw sockets cannot be opened: ${failure}`, {
      advice:
        'It builds on Node.js 20 and 22 with a C++ compiler and Python: npm install raw-socket. On Linux use --link packet.',
    })
  }
  return loaded
}

/** @throws InterplotError ERR_RAW_PRIVILEGE, ERR_LINK_UNAVAILABLE */
export const openRawSocket = (protocol: number, bufferSize: number, family: 4 | 6 = 4): RawSocket => {
  const { createSocket, AddressFamily } = rawPackage()
  const addressFamily = family === 4 ? AddressFamily.IPv4 : AddressFamily.IPv6
  try {
    const socket = createSocket({ protocol, bufferSize, addressFamily })
    openSockets.add(socket)
    socket.on('close', () => openSockets.delete(socket))
    return socket
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (/not permitted|permission denied|forbidden by its access/i.test(message)) throw privilegeError(error)
    throw new InterplotError('ERR_LINK_UNAVAILABLE', `the system opens no raw socket: ${message}`, { cause: error })
  }
}
