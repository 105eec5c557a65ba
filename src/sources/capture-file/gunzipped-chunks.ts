/**
 * A gzip file unpacked as it is read: no more than a chunk is ever held, however much comes out of it. What was unpacked before the file
 * broke off or went wrong is handed over first.
 */

import { createGunzip } from 'node:zlib'

const CHUNK_BYTES = 1 << 20
/** RFC 1952, section 2.3.1. */
const GZIP_MAGIC = [0x1f, 0x8b]

export const isGzip = (bytes: Uint8Array): boolean => GZIP_MAGIC.every((byte, index) => bytes[index] === byte)

/** Why a gzip file could not be unpacked to its end. */
export class GzipDamage extends Error {
  override readonly name = 'GzipDamage'
  readonly isTruncated: boolean

  constructor(cause: Error & { code?: string }) {
    super(cause.message, { cause })
    this.isTruncated = cause.code === 'Z_BUF_ERROR'
  }
}

const isZlibError = (error: Error & { code?: string }): boolean => error.code?.startsWith('Z_') === true

/** @throws GzipDamage behind the last chunk; whatever `input` throws. */
export async function* gunzippedChunks(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES })
  const unpacked: Uint8Array[] = []
  let failure: Error | undefined
  let ended = false
  let wake: (() => void) | undefined
  let release: (() => void) | undefined
  const settle = (error?: Error | null): void => {
    failure ??= error ?? undefined
    ended = true
    wake?.()
  }
  gunzip.on('data', (chunk: Uint8Array) => {
    unpacked.push(chunk)
    gunzip.pause()
    wake?.()
  })
  gunzip.on('end', () => settle())
  gunzip.on('error', (error: Error) => settle(isZlibError(error) ? new GzipDamage(error) : error))
  // After a failure a write is never said to be done.
  gunzip.on('close', () => release?.())
  const pump = async (): Promise<void> => {
    for await (const chunk of input) {
      // Until it has been taken in, the chunk's memory is not to be used again.
      await new Promise<void>((resolve) => {
        release = resolve
        gunzip.write(chunk, () => resolve())
      })
      if (ended || gunzip.destroyed) return
    }
    gunzip.end()
  }
  void pump().catch(settle)
  try {
    for (;;) {
      const chunk = unpacked.shift()
      if (chunk !== undefined) yield chunk
      else if (ended) break
      else {
        await new Promise<void>((resolve) => {
          wake = resolve
          gunzip.resume()
        })
        wake = undefined
      }
    }
  } finally {
    ended = true
    gunzip.destroy()
  }
  if (failure !== undefined) throw failure
}
