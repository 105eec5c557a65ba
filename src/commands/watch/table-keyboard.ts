/** Where keys come from: standard input, or where that is a pipe with packets, the terminal itself. */

import { closeSync, openSync } from 'node:fs'
import { ReadStream } from 'node:tty'

export interface TableInput {
  readonly stream: NodeJS.ReadStream
  close(): void
}

/** Null where there is no terminal. */
export const openKeyboard = (isPiped: boolean): TableInput | null => {
  if (!isPiped) return process.stdin.isTTY === true ? { stream: process.stdin, close: () => undefined } : null
  let fd: number
  try {
    fd = openSync('/dev/tty', 'r')
  } catch {
    // Nobody sits there: a service, cron.
    return null
  }
  try {
    const stream = new ReadStream(fd)
    return { stream, close: () => void stream.destroy() }
  } catch {
    closeSync(fd)
    return null
  }
}
