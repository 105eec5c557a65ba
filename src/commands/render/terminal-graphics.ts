/** Asks the terminal what it can show. Only where both ends are a terminal, and never for longer than a moment. */

import {
  CAPABILITY_QUERY,
  cellOf,
  isWholeReply,
  terminalColours,
  terminalGraphics,
} from '../../render/terminal/capabilities.ts'
import type { TerminalLook } from '../../render/terminal/look.ts'

const LONGEST_WAIT_MS = 200
/** An answer is some dozen bytes; a person who types meanwhile is no answer. */
const LONGEST_REPLY = 1024
const USUAL_COLUMNS = 80
const USUAL_ROWS = 24

type Input = Pick<NodeJS.ReadStream, 'isTTY' | 'setRawMode' | 'on' | 'off' | 'resume' | 'pause'>
type Output = Pick<NodeJS.WriteStream, 'isTTY' | 'write' | 'columns' | 'rows'>

/** @returns what came back until the answer was whole or the time was up; empty where nobody can answer. */
export const askTerminal = (input: Input, output: Output, waitMs = LONGEST_WAIT_MS): Promise<string> => {
  if (input.isTTY !== true || output.isTTY !== true) return Promise.resolve('')
  return new Promise((resolve) => {
    let reply = ''
    const end = (): void => {
      clearTimeout(timer)
      input.off('data', take)
      input.setRawMode(false)
      input.pause()
      resolve(reply)
    }
    const take = (data: Uint8Array | string): void => {
      reply += typeof data === 'string' ? data : Buffer.from(data).toString('latin1')
      if (isWholeReply(reply) || reply.length > LONGEST_REPLY) end()
    }
    const timer = setTimeout(end, waitMs)
    // Else the answer would be printed, and wait for a line end.
    input.setRawMode(true)
    input.on('data', take)
    input.resume()
    output.write(CAPABILITY_QUERY)
  })
}

export interface TerminalEnds {
  readonly input: Input
  readonly output: Output
  readonly env: Readonly<Record<string, string | undefined>>
}

/** What the terminal can show, with one row left for the prompt; a pipe is taken for a terminal of the usual size. */
export const lookOfTerminal = async ({ input, output, env }: TerminalEnds): Promise<TerminalLook> => {
  const settled = terminalGraphics(env)
  // Who is known by name is still asked for the size of a cell.
  const reply = settled === 'ascii' ? '' : await askTerminal(input, output)
  const cell = cellOf(reply)
  return {
    columns: output.columns ?? USUAL_COLUMNS,
    rows: (output.rows ?? USUAL_ROWS) - 1,
    colours: terminalColours(env),
    graphics: terminalGraphics(env, reply),
    ...(cell === null ? {} : { cell }),
  }
}
