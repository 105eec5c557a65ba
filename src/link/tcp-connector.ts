/**
 * Which TCP ports are open, by connecting to them as any program does: three packets and a socket for each, but no privilege.
 * Targets come in minted batches, as a link takes them. Nothing is said and nothing is read.
 */

import { connect, type Socket } from 'node:net'
import { systemErrorCode } from '../core/errors.ts'
import { formatIpv4 } from '../core/ip.ts'
import type { TargetBatch } from '../core/target-batch.ts'

/**
 * open: connected. refused: a RST, or an ICMP port unreachable. unreachable: an ICMP error, or nobody there on our own
 * network. silent: nothing came. failed: nothing left (no route, a firewall of ours). exhausted: no socket is to be had now.
 */
export type ConnectOutcome = 'open' | 'refused' | 'unreachable' | 'silent' | 'failed' | 'exhausted'

export interface ConnectResult {
  outcome: ConnectOutcome
  /** Our own port, 0 where there was none. */
  localPort: number
  /** From the call to the answer. */
  tookUs: number
}

const OUTCOMES: Readonly<Record<string, ConnectOutcome>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'refused',
  EHOSTUNREACH: 'unreachable',
  ETIMEDOUT: 'silent',
  EMFILE: 'exhausted',
  ENFILE: 'exhausted',
  ENOBUFS: 'exhausted',
  ENOMEM: 'exhausted',
  // Every local port towards this target is in use.
  EADDRNOTAVAIL: 'exhausted',
  EAGAIN: 'exhausted',
}

export interface TcpConnector {
  /** Connects to entry `slot` and hangs up; never rejects. */
  connect(targets: TargetBatch, slot: number): Promise<ConnectResult>
  /** Ends all at once: each is then silent. */
  close(): void
}

/** @param timeoutMs after which a target is silent. @param localAddress ours, where it matters. */
export const makeTcpConnector = (timeoutMs: number, localAddress?: string): TcpConnector => {
  const ends = new Set<() => void>()
  return {
    connect: (targets, slot) =>
      new Promise((resolve) => {
        const startedMs = performance.now()
        let socket: Socket | undefined
        const finish = (outcome: ConnectOutcome): void => {
          if (!ends.delete(end)) return
          clearTimeout(timer)
          const localPort = socket?.localPort ?? 0
          // A RST instead of a FIN: no half-closed connection stays behind on either side.
          if (outcome === 'open') socket?.resetAndDestroy()
          else socket?.destroy()
          resolve({ outcome, localPort, tookUs: (performance.now() - startedMs) * 1000 })
        }
        const end = (): void => finish('silent')
        ends.add(end)
        const timer = setTimeout(end, timeoutMs)
        socket = connect({
          host: formatIpv4(targets.addresses[slot]!),
          port: targets.ports[slot]!,
          ...(localAddress === undefined ? {} : { localAddress }),
        })
        socket.once('connect', () => finish('open'))
        socket.on('error', (error) => finish(OUTCOMES[systemErrorCode(error) ?? ''] ?? 'failed'))
      }),
    close() {
      for (const end of [...ends]) end()
    },
  }
}
