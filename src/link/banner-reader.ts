/**
 * One connection over a kernel socket to a host that has answered a probe: it listens, says at most one thing, and keeps the
 * first bytes. Whatever the other side does, it ends: so many bytes, so much time, no redirect, nothing that comes back is
 * acted on.
 */

import { connect, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { BannerOutcome, TlsFacts } from '../core/banner.ts'
import { systemErrorCode } from '../core/errors.ts'
import { formatIpv4 } from '../core/ip.ts'
import type { TargetBatch } from '../core/target-batch.ts'
import { tlsFacts } from './tls-facts.ts'

export interface BannerLimits {
  /** From the first packet to the last, whatever happens. */
  totalMs: number
  /** After something has come, for more. */
  idleMs: number
  maxBytes: number
}

export interface BannerRequest {
  /** The first entry is whom to ask. */
  targets: TargetBatch
  tls: boolean
  /** What is said to a server that has said nothing for `listenMs`. */
  words: Uint8Array
  listenMs: number
  limits: BannerLimits
  /** Ours, where it matters. */
  localAddress?: string
  /** Our next port to connect from; absent = the kernel chooses. */
  nextPort?: () => number
  /** Ends it at once. */
  signal?: AbortSignal
}

export interface BannerReading {
  outcome: BannerOutcome
  bytes: Uint8Array
  tls: TlsFacts | null
}

/** What is believed of nobody: any version, any cipher, any certificate. Nothing secret is said. */
const LENIENT = {
  rejectUnauthorized: false,
  minVersion: 'TLSv1',
  ciphers: 'DEFAULT:@SECLEVEL=0',
  ALPNProtocols: ['http/1.1'],
} as const

const failure = (error: unknown): BannerOutcome =>
  systemErrorCode(error) === 'ECONNREFUSED' || systemErrorCode(error) === 'ECONNRESET' ? 'refused' : 'unreachable'

/** Ports that are tried when others have taken them. */
const MAX_PORTS = 32
const PORT_TROUBLE: ReadonlySet<string | undefined> = new Set(['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES'])

/** @returns what was said; never rejects. */
export const readBanner = (request: BannerRequest): Promise<BannerReading> =>
  new Promise((resolve) => {
    const { targets, limits, words, listenMs, localAddress, nextPort, signal } = request
    const chunks: Uint8Array[] = []
    let bytes = 0
    let tls: TlsFacts | null = null
    let stage: 'connecting' | 'handshake' | 'talking' | 'over' = 'connecting'
    let timer: NodeJS.Timeout | undefined

    const finish = (otherwise: BannerOutcome): void => {
      if (stage === 'over') return
      stage = 'over'
      clearTimeout(total)
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      socket.destroy()
      const outcome = bytes > 0 || tls !== null ? 'read' : otherwise
      resolve({ outcome, bytes: Buffer.concat(chunks).subarray(0, limits.maxBytes), tls })
    }
    /** What it means that nothing more comes, by how far it came. */
    const ended = (talking: BannerOutcome): BannerOutcome =>
      stage === 'connecting' ? 'unreachable' : stage === 'handshake' ? 'tls-failed' : talking
    const abort = (): void => finish(ended('silent'))

    const talk = (stream: Socket | TLSSocket): void => {
      stage = 'talking'
      stream.on('data', (chunk: Uint8Array) => {
        if (stage === 'over') return
        chunks.push(chunk)
        bytes += chunk.length
        clearTimeout(timer)
        timer = setTimeout(() => finish('read'), limits.idleMs)
        if (bytes >= limits.maxBytes) finish('read')
      })
      stream.once('end', () => finish('closed'))
      stream.once('close', () => finish('closed'))
      const speak = (): void => void stream.write(words)
      if (listenMs === 0) speak()
      else timer = setTimeout(speak, listenMs)
    }

    const secure = (): void => {
      stage = 'handshake'
      const secured = connectTls({ ...LENIENT, socket })
      secured.on('error', () => finish(ended('closed')))
      secured.once('close', () => finish(ended('closed')))
      secured.once('secureConnect', () => {
        tls = tlsFacts(secured)
        talk(secured)
      })
    }

    let socket: Socket
    const dial = (portsLeft: number): void => {
      const dialled = connect({
        host: formatIpv4(targets.addresses[0]!),
        port: targets.ports[0]!,
        ...(localAddress === undefined ? {} : { localAddress }),
        ...(nextPort === undefined ? {} : { localPort: nextPort() }),
      })
      socket = dialled
      dialled.on('error', (error) => {
        const again = stage === 'connecting' && nextPort !== undefined && PORT_TROUBLE.has(systemErrorCode(error))
        if (again && portsLeft > 1) dial(portsLeft - 1)
        else finish(stage === 'connecting' ? failure(error) : ended('closed'))
      })
      dialled.once('close', () => {
        if (dialled === socket) finish(ended('closed'))
      })
      dialled.once('connect', () => (request.tls ? secure() : talk(dialled)))
    }
    dial(MAX_PORTS)
    const total = setTimeout(() => finish(ended('silent')), limits.totalMs)
    if (signal?.aborted === true) abort()
    else signal?.addEventListener('abort', abort)
  })
