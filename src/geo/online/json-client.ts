/**
 * One JSON question to a server and its answer, with everything bounded: connecting, waiting, size, all of it. Redirects
 * are not followed (a key in the URL would go to wherever they point), and what a failure says never holds the URL.
 */

import { readFileSync } from 'node:fs'
import type { Agent } from 'undici'
import { packageRoot } from '../../core/package-root.ts'
import { DEFAULT_TIMEOUTS, type Timeouts } from './online-options.ts'

export interface JsonRequest {
  method: 'GET' | 'POST'
  url: URL
  /** Sent as JSON. */
  body?: unknown
}

export type JsonOutcome =
  /** `value` is null where the server reports a failure (400 and above) in something else than JSON. */
  { kind: 'reply'; status: number; value: unknown; retryAfterMs: number | null } | { kind: 'failure'; reason: string }

export interface JsonClient {
  /** Never throws. */
  send(asked: JsonRequest, cancelSignal: AbortSignal): Promise<JsonOutcome>
  close(): Promise<void>
}

const MAX_BODY_BYTES = 4 * 1024 * 1024

let agentName: string | undefined
/** `interplot/0.1.0` */
export const userAgent = (): string => {
  if (agentName === undefined) {
    const manifest: unknown = JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8'))
    const version = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : ''
    agentName = `interplot/${String(version)}`
  }
  return agentName
}

/** Seconds or a date (RFC 9110 section 10.2.3), from now on. */
const retryAfterMs = (header: string | string[] | undefined): number | null => {
  const text = (Array.isArray(header) ? header[0] : header)?.trim() ?? ''
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  const dateMs = /^[A-Z][a-z]{2},/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(dateMs) ? null : Math.max(0, dateMs - Date.now())
}

const TIMEOUTS = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT'])
const CUT_SHORT = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'])

const reasonOf = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const name = error instanceof Error ? error.name : ''
  if (TIMEOUTS.has(code) || name === 'TimeoutError') return 'timeout'
  if (CUT_SHORT.has(code)) return 'connection cut'
  if (code.startsWith('HPE_')) return 'not HTTP'
  return /^(?!UND_)[A-Z][A-Z_0-9]+$/.test(code) ? `no connection (${code})` : 'no connection'
}

const isJson = (contentType: string | string[] | undefined): boolean =>
  typeof contentType === 'string' && /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(contentType)

/** The body's text, or null when it is longer than it may be. */
const readBody = async (body: AsyncIterable<Uint8Array>): Promise<string | null> => {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of body) {
    bytes += piece.length
    if (bytes > MAX_BODY_BYTES) return null
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

export const makeJsonClient = (timeouts: Timeouts = DEFAULT_TIMEOUTS): JsonClient => {
  let dispatcher: Agent | undefined
  const exchange = async ({ method, url, body }: JsonRequest, cancelSignal: AbortSignal): Promise<JsonOutcome> => {
    // Databases on this machine answer without it, and loading it takes longer than many of their answers.
    const { Agent: UndiciAgent, request } = await import('undici')
    dispatcher ??= new UndiciAgent({
      connect: { timeout: timeouts.connectMs },
      headersTimeout: timeouts.headersMs,
      bodyTimeout: timeouts.bodyMs,
      maxResponseSize: MAX_BODY_BYTES,
    })
    const signal = AbortSignal.any([cancelSignal, AbortSignal.timeout(timeouts.totalMs)])
    const response = await request(url, {
      dispatcher,
      method,
      signal,
      headers: {
        accept: 'application/json',
        'user-agent': userAgent(),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const { statusCode: status, headers } = response
    const text = await readBody(response.body)
    if (status >= 300 && status < 400) return { kind: 'failure', reason: 'redirect' }
    if (text === null) return { kind: 'failure', reason: 'answer too long' }
    const reply = { kind: 'reply', status, retryAfterMs: retryAfterMs(headers['retry-after']) } as const
    if (isJson(headers['content-type'])) {
      try {
        return { ...reply, value: JSON.parse(text) as unknown }
      } catch {
        // HTML under a false name, or cut short: as good as none.
      }
    }
    return status >= 400 ? { ...reply, value: null } : { kind: 'failure', reason: 'not JSON' }
  }
  return {
    async send(asked, cancelSignal) {
      try {
        return await exchange(asked, cancelSignal)
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE')
          return { kind: 'failure', reason: 'answer too long' }
        return { kind: 'failure', reason: reasonOf(error) }
      }
    },
    close: async () => dispatcher?.destroy(),
  }
}
