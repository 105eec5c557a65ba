/**
 * Where rows go: a file or standard output, in blocks. A file takes rows as they come, so that an interrupted run keeps
 * what it found. A consumer that goes away (`| head`) is no failure: the sink says so, and swallows the rest.
 */

import { Buffer } from 'node:buffer'
import { type FileHandle, open as openFile } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import { fileError, systemErrorCode } from '../core/errors.ts'

const BLOCK_BYTES = 64 * 1024

export interface Sink {
  readonly path: string
  /** True once whoever read the output has gone; the rest is not written. */
  readonly consumerGone: boolean
  /** Takes text or bytes, which must not change afterwards. Await it: that is what bounds the memory. @throws InterplotError ERR_OUTPUT_FILE, ERR_DISK_FULL */
  write(chunk: string | Uint8Array): Promise<void>
  /** Writes what is held back. */
  flush(): Promise<void>
  /** Writes what is held back and closes; standard output stays open. */
  close(): Promise<void>
}

/** What a block is handed to; resolves when more may come. */
interface Target {
  writeBlock(block: Uint8Array): Promise<void>
  close(): Promise<void>
}

const fileTarget = async (path: string): Promise<Target> => {
  let file: FileHandle
  try {
    file = await openFile(path, 'w')
  } catch (cause) {
    throw fileError('ERR_OUTPUT_FILE', path, cause)
  }
  let open = true
  const closeOnce = async (): Promise<void> => {
    if (!open) return
    open = false
    await file.close()
  }
  return {
    async writeBlock(block) {
      try {
        let written = 0
        while (written < block.length) written += (await file.write(block, written)).bytesWritten
      } catch (cause) {
        // Nothing follows a failed write; whoever gets the error need not close.
        await closeOnce()
        throw cause
      }
    },
    close: closeOnce,
  }
}

const streamTarget = (stream: Writable): Target => {
  let failure: Error | null = null
  let wake: (() => void) | null = null
  const onError = (error: Error): void => {
    failure = error
    wake?.()
  }
  stream.on('error', onError)
  const settled = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const done = (): void => {
        wake = null
        stream.off('drain', done)
        if (failure === null) resolve()
        else reject(failure)
      }
      wake = done
      stream.once('drain', done)
    })
  return {
    async writeBlock(block) {
      if (failure !== null) throw failure
      if (!stream.write(block)) await settled()
    },
    async close() {
      // The last blocks may still be on their way; an empty write returns after them.
      await new Promise<void>((resolve, reject) => {
        if (failure !== null) {
          reject(failure)
          return
        }
        stream.write('', (error) => (error ? reject(error) : resolve()))
      })
      // The handler stays: a late EPIPE must not end the process.
    },
  }
}

/**
 * Opens a file, or standard output for `-`.
 * @param options.stdout what `-` means; process.stdout unless a test brings its own.
 * @throws InterplotError ERR_OUTPUT_FILE, ERR_DISK_FULL
 */
export const openSink = async (path: string, options: { stdout?: Writable } = {}): Promise<Sink> => {
  const name = path === '-' ? 'standard output' : path
  const target = path === '-' ? streamTarget(options.stdout ?? process.stdout) : await fileTarget(path)
  let held: Uint8Array[] = []
  let heldBytes = 0
  let consumerGone = false
  const guarded = async (work: () => Promise<void>): Promise<void> => {
    if (consumerGone) return
    try {
      await work()
    } catch (cause) {
      const code = systemErrorCode(cause)
      if (code !== 'EPIPE' && code !== 'ERR_STREAM_DESTROYED') throw fileError('ERR_OUTPUT_FILE', name, cause)
      consumerGone = true
      held = []
      heldBytes = 0
    }
  }
  const flush = (): Promise<void> =>
    guarded(async () => {
      const block = held.length === 1 ? held[0]! : Buffer.concat(held)
      held = []
      heldBytes = 0
      if (block.length > 0) await target.writeBlock(block)
    })
  return {
    path,
    get consumerGone() {
      return consumerGone
    },
    async write(chunk) {
      if (consumerGone || chunk.length === 0) return
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      held.push(bytes)
      heldBytes += bytes.length
      if (heldBytes >= BLOCK_BYTES) await flush()
    },
    flush,
    async close() {
      try {
        await flush()
      } finally {
        await guarded(() => target.close())
      }
    },
  }
}
