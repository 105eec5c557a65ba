/**
 * One tile from a server, with everything bounded: connecting, waiting, size. Redirects are not followed (a key in the URL
 * would go to wherever they point), and what a failure says never holds the URL.
 */

import type { Agent } from 'undici'
import { pictureSize } from './tile-size.ts'
import type { TileAddress, TileTemplate } from './tile-template.ts'
import { TILE_PIXELS } from './tile-view.ts'

export type TileReply =
  /** `keepSeconds`: how long the server lets it be kept; null where it does not say. */
  | { readonly kind: 'tile'; readonly body: Buffer; readonly keepSeconds: number | null }
  /** The server has none there. */
  | { readonly kind: 'none' }
  | { readonly kind: 'failure'; readonly reason: string; readonly again: boolean }

export interface TileClient {
  /** Never throws. */
  get(tile: TileAddress, cancelSignal: AbortSignal): Promise<TileReply>
  close(): Promise<void>
}

export interface TileClientOptions {
  readonly template: TileTemplate
  readonly userAgent: string
  /** Of one request, all of it. */
  readonly timeoutMs: number
}

/** At a time; what staticmaps is told, too. */
export const MOST_REQUESTS = 2
const MOST_TILE_BYTES = 2 * 1024 ** 2
const NONE = new Set([204, 404, 410])

const failure = (reason: string, again: boolean): TileReply => ({ kind: 'failure', reason, again })

/** RFC 9111 section 5.2.2; null where nothing is said about how long. */
export const keepSecondsOf = (header: string | string[] | undefined): number | null => {
  const text = (Array.isArray(header) ? header.join(',') : (header ?? '')).toLowerCase()
  if (/(?:^|[\s,])no-(?:store|cache)(?:[\s,;=]|$)/.test(text)) return 0
  const age = /(?:^|[\s,])max-age="?(\d{1,10})/.exec(text)?.[1]
  return age === undefined ? null : Number(age)
}

const reasonOf = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const name = error instanceof Error ? error.name : ''
  if (name === 'TimeoutError' || name === 'AbortError' || /TIMEOUT|TIMEDOUT/.test(code)) return 'timeout'
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return 'answer too long'
  if (code.startsWith('HPE_')) return 'not HTTP'
  return /^(?!UND_)[A-Z][A-Z_0-9]+$/.test(code) ? `no connection (${code})` : 'connection cut'
}

/** What the server sent as a tile, or why it is none. */
export const checkTile = (body: Buffer, keepSeconds: number | null): TileReply => {
  const size = pictureSize(body)
  if (size === null) return failure('answers that are no picture', false)
  if (size.width === TILE_PIXELS && size.height === TILE_PIXELS) return { kind: 'tile', body, keepSeconds }
  return failure(`tiles of ${size.width} × ${size.height} pixels instead of 256 × 256`, false)
}

export const makeTileClient = ({ template, userAgent, timeoutMs }: TileClientOptions): TileClient => {
  let dispatcher: Agent | undefined
  const exchange = async (tile: TileAddress, cancelSignal: AbortSignal): Promise<TileReply> => {
    const { Agent: UndiciAgent, request } = await import('undici')
    dispatcher ??= new UndiciAgent({
      connections: MOST_REQUESTS,
      connect: { timeout: timeoutMs },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      maxResponseSize: MOST_TILE_BYTES,
    })
    const { statusCode, headers, body } = await request(template.urlOf(tile), {
      dispatcher,
      signal: AbortSignal.any([cancelSignal, AbortSignal.timeout(timeoutMs)]),
      headers: { ...template.headers, accept: 'image/png,image/jpeg,image/webp', 'user-agent': userAgent },
    })
    const bytes = Buffer.from(await body.arrayBuffer())
    if (NONE.has(statusCode)) return { kind: 'none' }
    if (statusCode >= 300 && statusCode < 400) return failure('redirects, which are not followed', false)
    if (statusCode !== 200) return failure(`HTTP status ${statusCode}`, statusCode >= 500)
    return checkTile(bytes, keepSecondsOf(headers['cache-control']))
  }
  return {
    async get(tile, cancelSignal) {
      try {
        return await exchange(tile, cancelSignal)
      } catch (error) {
        const reason = reasonOf(error)
        return failure(reason, reason !== 'answer too long' && !cancelSignal.aborted)
      }
    },
    close: async () => dispatcher?.destroy(),
  }
}
