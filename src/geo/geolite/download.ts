/**
 * A file from a server that wants a name and a key (Basic, RFC 7617) and sends on to another one. Redirects are followed by
 * hand: the credentials go to the first server alone, and never from https to http.
 */

import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Agent, type Dispatcher, request } from 'undici'
import { fileError, InterplotError, systemErrorCode } from '../../core/errors.ts'
import { type ProgressSink, silentProgress } from '../../core/progress.ts'
import { parseUrl } from '../online/base-url.ts'
import { userAgent } from '../online/json-client.ts'

const REDIRECTS_MAX = 3
/** The City database is 40 MB; the largest paid one some hundreds. */
const FILE_MAX_BYTES = 1024 ** 3
const TEXT_MAX_BYTES = 4096

export interface Credentials {
  user: string
  password: string
}

export interface DownloadOptions {
  /** Only if it changed since (`Last-Modified` of the last time). */
  modifiedSince?: string | undefined
  progress?: ProgressSink
  cancelSignal?: AbortSignal | undefined
}

export interface Downloaded {
  sha256: string
  lastModified: string | null
}

export interface Downloader {
  /** @returns null when it did not change. @throws InterplotError ERR_GEO_KEY, ERR_GEO_QUOTA, ERR_GEO_INSTALL, ERR_DISK_FULL */
  toFile(url: URL, path: string, options?: DownloadOptions): Promise<Downloaded | null>
  /** A short text. */
  text(url: URL, cancelSignal?: AbortSignal): Promise<string>
  close(): Promise<void>
}

const failed = (why: string, cause?: unknown): InterplotError =>
  new InterplotError('ERR_GEO_INSTALL', `the database cannot be fetched: ${why}`, {
    advice: 'What was installed before is still in use. Try again later.',
    ...(cause === undefined ? {} : { cause }),
  })

const refusal = (status: number, host: string): InterplotError => {
  if (status === 401 || status === 403) {
    return new InterplotError('ERR_GEO_KEY', `${host} does not accept the account number and licence key (${status})`, {
      advice:
        'Compare them with the account’s page; a new key works after five minutes. What was installed is still in use.',
    })
  }
  if (status === 429) {
    return new InterplotError('ERR_GEO_QUOTA', `${host} allows no more downloads today`, {
      advice: 'Try again tomorrow: GeoLite2 databases are new twice a week.',
    })
  }
  if (status === 404) return failed(`${host} has no such edition`)
  return failed(`${host} answers with status ${status}`)
}

const drop = (response: Dispatcher.ResponseData): void => {
  response.body.on('error', () => undefined)
  response.body.destroy()
}

/** @param timeoutMs for connecting, for the headers, and between two pieces of the body. */
export const makeDownloader = ({ user, password }: Credentials, timeoutMs = 30_000): Downloader => {
  const dispatcher = new Agent({ connect: { timeout: timeoutMs }, headersTimeout: timeoutMs, bodyTimeout: timeoutMs })
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

  const get = async (
    first: URL,
    { modifiedSince, cancelSignal }: DownloadOptions,
  ): Promise<Dispatcher.ResponseData> => {
    let url = first
    for (let hop = 0; hop <= REDIRECTS_MAX; hop += 1) {
      const response = await request(url, {
        dispatcher,
        headers: {
          'user-agent': userAgent(),
          ...(hop === 0 ? { authorization } : {}),
          ...(modifiedSince === undefined ? {} : { 'if-modified-since': modifiedSince }),
        },
        ...(cancelSignal === undefined ? {} : { signal: cancelSignal }),
      })
      const { statusCode, headers } = response
      if (statusCode < 300 || statusCode === 304) return response
      drop(response)
      const { location } = headers
      if (statusCode >= 400 || typeof location !== 'string') throw refusal(statusCode, url.host)
      const next = parseUrl(location, url)
      if (next === null || (next.protocol !== 'https:' && next.protocol !== 'http:'))
        throw failed('a redirect to nowhere')
      if (next.protocol === 'http:' && first.protocol === 'https:') throw failed(`a redirect from https to plain http`)
      url = next
    }
    throw failed(`more than ${REDIRECTS_MAX} redirects`)
  }

  /** undici's own words name hosts, never headers. */
  const guarded = async <T>(
    work: () => Promise<T>,
    cancelSignal: AbortSignal | undefined,
    path?: string,
  ): Promise<T> => {
    try {
      return await work()
    } catch (cause) {
      if (cause instanceof InterplotError) throw cause
      if (cancelSignal?.aborted === true) throw new InterplotError('ERR_GEO_INSTALL', 'fetching was interrupted')
      const code = systemErrorCode(cause)
      if (path !== undefined && code !== undefined && ['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS', 'EIO'].includes(code)) {
        throw fileError('ERR_OUTPUT_FILE', path, cause)
      }
      throw failed(code ?? (cause instanceof Error ? cause.message : String(cause)), cause)
    }
  }

  return {
    toFile: (url, path, options = {}) =>
      guarded(
        async () => {
          const response = await get(url, options)
          if (response.statusCode === 304) {
            drop(response)
            return null
          }
          const announced = Number(response.headers['content-length'])
          const total = announced > 0 ? announced : undefined
          const hash = createHash('sha256')
          let done = 0
          const measure = new Transform({
            transform(piece: Buffer, _encoding, forward) {
              done += piece.length
              hash.update(piece)
              ;(options.progress ?? silentProgress)({ done, unit: 'bytes', ...(total === undefined ? {} : { total }) })
              forward(done > FILE_MAX_BYTES ? failed('it is larger than 1 GiB') : null, piece)
            },
          })
          await pipeline(response.body, measure, createWriteStream(path, { flags: 'wx' }))
          if (total !== undefined && done !== total) throw failed('it was cut short')
          const { 'last-modified': lastModified } = response.headers
          return { sha256: hash.digest('hex'), lastModified: typeof lastModified === 'string' ? lastModified : null }
        },
        options.cancelSignal,
        path,
      ),
    text: (url, cancelSignal) =>
      guarded(async () => {
        const response = await get(url, { cancelSignal })
        let text = ''
        for await (const piece of response.body) {
          text += String(piece)
          if (text.length > TEXT_MAX_BYTES) throw failed('the checksum is no checksum')
        }
        return text
      }, cancelSignal),
    close: () => dispatcher.destroy(),
  }
}
