/** An HTTP server that only this machine can reach: 127.0.0.1 (RFC 5735 section 3). */

import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { InterplotError, systemErrorCode } from '../../core/errors.ts'

export const DEFAULT_PORT = 8017
/** Ports behind the default one that are tried, too. */
const MORE_PORTS = 20
const LOOPBACK = '127.0.0.1'

export interface LoopbackServer {
  readonly url: string
  close(): Promise<void>
}

type Fetch = Parameters<typeof createAdaptorServer>[0]['fetch']

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, LOOPBACK, () => {
      server.off('error', reject)
      resolve()
    })
  })

const portError = (port: number, last: number, cause: unknown): InterplotError => {
  const code = systemErrorCode(cause)
  const ports = last === port ? `port ${port}` : `any port from ${port} to ${last}`
  if (code === 'EADDRINUSE') {
    return new InterplotError(
      'ERR_LISTEN',
      `cannot serve the map on ${ports} of ${LOOPBACK}: in use by another program`,
      {
        advice: 'Name another port with --port, or end that program.',
        cause,
      },
    )
  }
  if (code === 'EACCES') {
    return new InterplotError('ERR_LISTEN', `cannot serve the map on ${ports} of ${LOOPBACK}: permission denied`, {
      advice: 'Choose a --port from 1024 on.',
      cause,
    })
  }
  return new InterplotError('ERR_LISTEN', `cannot serve the map on ${ports} of ${LOOPBACK}: ${String(cause)}`, {
    advice: 'Is the loopback interface up? See: ip address show lo',
    cause,
  })
}

/** @param port exactly this one; null: the default, or the next that is free. @throws InterplotError ERR_LISTEN */
export const listenOnLoopback = async (fetch: Fetch, port: number | null): Promise<LoopbackServer> => {
  const server = createAdaptorServer({ fetch, overrideGlobalObjects: false }) as Server
  const first = port ?? DEFAULT_PORT
  const last = port === null ? DEFAULT_PORT + MORE_PORTS : port
  let bound = first
  for (; ; bound += 1) {
    try {
      await listen(server, bound)
      break
    } catch (cause) {
      if (bound === last || systemErrorCode(cause) !== 'EADDRINUSE') throw portError(first, last, cause)
    }
  }
  const address = server.address()
  const actual = address !== null && typeof address === 'object' ? address.port : bound
  return {
    url: `http://${LOOPBACK}:${actual}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        // Pages would keep their sockets open for as long as they like.
        server.closeAllConnections()
      }),
  }
}
