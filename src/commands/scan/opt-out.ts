/**
 * `--opt-out FILE|URL`: addresses whose owners asked to be left alone, as a list like a blocklist. A list that can't be had
 * ends the scan before it begins: to go on without it would be to ignore them.
 */

import { InterplotError } from '../../core/errors.ts'

const TIMEOUT_MS = 30_000
const MAX_BYTES = 64 << 20

export const isUrl = (place: string): boolean => /^https?:\/\//i.test(place)

const unreachable = (url: string, why: string, cause?: unknown): InterplotError =>
  new InterplotError('ERR_INPUT_FILE', `the opt-out list ${url} can't be fetched: ${why}`, {
    advice: 'Check the address and the connection, or save the list and give the file.',
    ...(cause === undefined ? {} : { cause }),
  })

/** The text of the list behind a URL. @throws InterplotError ERR_INPUT_FILE */
export const fetchOptOut = async (url: string): Promise<string> => {
  const { fetch } = await import('undici')
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    if (!response.ok) throw unreachable(url, `the server answered ${response.status} ${response.statusText}`.trim())
    const pieces: Uint8Array[] = []
    let bytes = 0
    for await (const piece of response.body ?? []) {
      bytes += piece.length
      if (bytes > MAX_BYTES) throw unreachable(url, `it has more than ${MAX_BYTES} bytes`)
      pieces.push(piece)
    }
    return Buffer.concat(pieces).toString('utf8')
  } catch (cause) {
    if (cause instanceof InterplotError) throw cause
    const { message, cause: inner } = cause as Error
    throw unreachable(url, inner instanceof Error ? inner.message : message, cause)
  }
}
