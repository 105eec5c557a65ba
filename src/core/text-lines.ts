/** Text that other programs wrote, line by line, whatever the size of its chunks. */

import { InterplotError } from './errors.ts'

export interface TextLine {
  line: string
  /** From 1. */
  number: number
}

const LINE_MAX = 1024 * 1024

/**
 * Lines with their numbers, without line ends and byte order mark; blank lines and comments are left out.
 * @param name what to call the input in messages.
 * @throws InterplotError ERR_INPUT_FILE for what is no text, or has a line of more than 1 MiB.
 */
export async function* linesOf(
  input: AsyncIterable<string | Uint8Array>,
  name: string,
): AsyncIterableIterator<TextLine> {
  let rest = ''
  let number = 0
  const significant = (line: string): string => {
    const trimmed = (number === 1 ? line.replace(/^\uFEFF/, '') : line).trim()
    return trimmed.startsWith('#') ? '' : trimmed
  }
  const decoder = new TextDecoder()
  for await (const chunk of input) {
    const text: string = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
    if (text.includes('\0')) {
      throw new InterplotError('ERR_INPUT_FILE', `${name} is not text`, {
        advice: 'Give a list, CSV, or one JSON object a line.',
      })
    }
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > LINE_MAX) {
      throw new InterplotError('ERR_INPUT_FILE', `${name}: line ${number + lines.length + 1} is longer than 1 MiB`, {
        advice: 'Give a list, CSV, or one JSON object a line.',
      })
    }
    for (const each of lines) {
      number += 1
      const line = significant(each)
      if (line !== '') yield { line, number }
    }
  }
  number += 1
  const line = significant(rest + decoder.decode())
  if (line !== '') yield { line, number }
}
