/** A file in large chunks that share two pieces of memory: while one is looked at, the other is filled. */

import { type FileHandle, open } from 'node:fs/promises'
import { fileError } from '../../core/errors.ts'

const CHUNK_BYTES = 1 << 20

/**
 * Each chunk is valid until the next one is asked for.
 * @throws InterplotError ERR_INPUT_FILE when it cannot be opened or read.
 */
export async function* fileChunks(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  let file: FileHandle | undefined
  try {
    file = await open(path, 'r')
    const opened = file
    const spaces = [new Uint8Array(CHUNK_BYTES), new Uint8Array(CHUNK_BYTES)] as const
    // A failure is met when the chunk is waited for, not while the one before it is looked at.
    const fill = async (space: Uint8Array): Promise<number | Error> =>
      opened.read(space, 0, space.length, null).then(
        ({ bytesRead }) => bytesRead,
        (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
      )
    let pending = fill(spaces[0])
    for (let turn = 0; ; turn += 1) {
      const result = await pending
      if (result instanceof Error) throw fileError('ERR_INPUT_FILE', path, result)
      if (result === 0) return
      pending = fill(spaces[turn % 2 === 0 ? 1 : 0])
      yield spaces[turn % 2 === 0 ? 0 : 1].subarray(0, result)
    }
  } catch (error) {
    if (file === undefined) throw fileError('ERR_INPUT_FILE', path, error)
    throw error
  } finally {
    await file?.close()
  }
}
