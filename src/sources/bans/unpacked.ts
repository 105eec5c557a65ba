/** Bytes as they are, or unpacked where they begin as gzip does (RFC 1952, section 2.3.1): a rotated log. One chunk at a time, whatever it unpacks to. */

import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { InterplotError, systemErrorCode } from '../../core/errors.ts'

const CHUNK_BYTES = 65_536

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

const joined = (parts: readonly Uint8Array[]): Uint8Array => (parts.length === 1 ? parts[0]! : Buffer.concat(parts))

async function* gunzipped(input: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  const source = Readable.from(input, { objectMode: false })
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES })
  let failure: unknown
  source.on('error', (error) => {
    failure = error
    gunzip.destroy(error)
  })
  try {
    for await (const chunk of source.pipe(gunzip)) yield chunk as Uint8Array
  } catch (cause) {
    if (failure !== undefined) throw failure
    const cut = systemErrorCode(cause) === 'Z_BUF_ERROR'
    throw new InterplotError(
      'ERR_INPUT_FILE',
      `${name} is ${cut ? 'cut off' : 'damaged'}: ${String((cause as Error).message)}`,
      {
        advice: 'What came before that place was read.',
        cause,
      },
    )
  } finally {
    source.destroy()
    gunzip.destroy()
  }
}

/** @throws InterplotError ERR_INPUT_FILE, after all that could be unpacked. */
export async function* unpacked(input: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  const iterator = input[Symbol.asyncIterator]()
  try {
    // A pipe may give one byte at a time.
    const first: Uint8Array[] = []
    let length = 0
    while (length < 2) {
      const next = await iterator.next()
      if (next.done === true) break
      length += next.value.length
      if (next.value.length > 0) first.push(next.value)
    }
    if (length === 0) return
    const beginning = joined(first)
    const whole = (async function* () {
      yield beginning
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value
    })()
    yield* isGzip(beginning) ? gunzipped(whole, name) : whole
  } finally {
    await iterator.return?.()
  }
}
