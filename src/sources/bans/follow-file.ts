/**
 * A log that is being written, as `tail -F` follows it: renamed and made anew (logrotate's create), emptied in place (copytruncate), gone and
 * back. The old file is read to its end before the new one, and left only when something stands in the new one: until then its writer
 * may not have changed over. A line that was never ended is ended, so that it does not run into another file's first.
 *
 * What is emptied and outgrows its old length between two looks cannot be told from what grew; no program that only reads can.
 */

import { type FSWatcher, watch } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { fileError, systemErrorCode } from '../../core/errors.ts'

export type FileChange = 'gone' | 'back' | 'rotated' | 'truncated'

export interface FollowOptions {
  stop: AbortSignal
  /** Absent: only what comes from now on, from the next whole line. */
  fromStart?: boolean
  onChange?: (change: FileChange) => void
  /** How often to look where the kernel says nothing of changes (network file systems). */
  pollMs?: number
}

const CHUNK_BYTES = 65_536
const POLL_MS = 1000
const LINE_END = 10

/** Wakes who waits when the file, or another in its place, may have changed. */
const makeAlarm = (path: string, pollMs: number, stop: AbortSignal) => {
  let woken = false
  let wake: (() => void) | undefined
  const ring = (): void => {
    woken = true
    wake?.()
  }
  const name = basename(path)
  let watcher: FSWatcher | undefined
  try {
    watcher = watch(dirname(path), { persistent: false }, (_event, changed) => {
      if (changed === null || changed === name) ring()
    })
    // A folder that is gone: looking again is enough.
    watcher.on('error', () => watcher?.close())
  } catch {
    watcher = undefined
  }
  stop.addEventListener('abort', ring)
  return {
    async wait(): Promise<void> {
      if (!woken && !stop.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, pollMs)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      woken = false
      wake = undefined
    },
    close(): void {
      watcher?.close()
      stop.removeEventListener('abort', ring)
    },
  }
}

/** An open file and how far it was read. */
interface OpenFile {
  handle: FileHandle
  position: number
  /** Whether the last byte handed out ended a line. */
  endsLine: boolean
  /** Up to the next end of a line nothing is handed out: reading began within a line. */
  partial: boolean
}

const openAt = async (path: string, fromStart: boolean): Promise<OpenFile | null> => {
  let handle: FileHandle | undefined
  try {
    handle = await open(path, 'r')
    const found = await handle.stat()
    if (found.isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' })
    const { size } = found
    const position = fromStart ? 0 : size
    const last = new Uint8Array(1)
    const partial =
      position > 0 && (await handle.read(last, 0, 1, position - 1)).bytesRead === 1 && last[0] !== LINE_END
    return { handle, position, endsLine: true, partial }
  } catch (cause) {
    await handle?.close()
    if (systemErrorCode(cause) === 'ENOENT') return null
    throw fileError('ERR_INPUT_FILE', path, cause)
  }
}

const readNext = async (file: OpenFile, path: string): Promise<Uint8Array> => {
  try {
    const buffer = new Uint8Array(CHUNK_BYTES)
    const { bytesRead } = await file.handle.read(buffer, 0, CHUNK_BYTES, file.position)
    file.position += bytesRead
    return buffer.subarray(0, bytesRead)
  } catch (cause) {
    throw fileError('ERR_INPUT_FILE', path, cause)
  }
}

/** What stands behind the position, as it comes. */
async function* news(file: OpenFile, path: string, stop: AbortSignal): AsyncGenerator<Uint8Array> {
  while (!stop.aborted) {
    let chunk = await readNext(file, path)
    if (chunk.length === 0) return
    if (file.partial) {
      const end = chunk.indexOf(LINE_END)
      if (end < 0) continue
      file.partial = false
      chunk = chunk.subarray(end + 1)
    }
    if (chunk.length === 0) continue
    file.endsLine = chunk[chunk.length - 1] === LINE_END
    yield chunk
  }
}

const lineEndFor = (file: OpenFile): Uint8Array[] => {
  if (file.endsLine) return []
  file.endsLine = true
  return [Uint8Array.of(LINE_END)]
}

/** What lies at the path now: nothing, the open file, or another one in which something stands. */
const atPath = async (path: string, file: OpenFile): Promise<'gone' | 'same' | 'another' | 'empty'> => {
  const own = await file.handle.stat()
  try {
    const now = await stat(path)
    if (now.ino === own.ino && now.dev === own.dev) return 'same'
    return now.size > 0 ? 'another' : 'empty'
  } catch (cause) {
    if (systemErrorCode(cause) === 'ENOENT') return 'gone'
    throw fileError('ERR_INPUT_FILE', path, cause)
  }
}

/** Chunks as they are written, until `stop`. @throws InterplotError ERR_INPUT_FILE for what may not be read. */
export async function* followFile(path: string, options: FollowOptions): AsyncGenerator<Uint8Array> {
  const { stop, onChange, fromStart = false, pollMs = POLL_MS } = options
  const alarm = makeAlarm(path, pollMs, stop)
  let file = await openAt(path, fromStart)
  let isGone = file === null
  if (isGone) onChange?.('gone')
  try {
    while (!stop.aborted) {
      if (file === null) {
        file = await openAt(path, true)
        if (file !== null && isGone) onChange?.('back')
        isGone = file === null
      }
      if (file !== null) {
        yield* news(file, path, stop)
        const lies = await atPath(path, file)
        if (lies === 'gone' && !isGone) onChange?.('gone')
        if (lies === 'another') {
          // What its writer wrote before it changed over.
          yield* news(file, path, stop)
          yield* lineEndFor(file)
          await file.handle.close()
          file = await openAt(path, true)
          onChange?.(isGone ? 'back' : 'rotated')
          isGone = false
          continue
        }
        if (lies === 'gone') isGone = true
        if ((await file.handle.stat()).size < file.position) {
          yield* lineEndFor(file)
          file.position = 0
          file.partial = false
          onChange?.('truncated')
          continue
        }
      }
      if (!stop.aborted) await alarm.wait()
    }
  } finally {
    alarm.close()
    await file?.handle.close()
  }
}
