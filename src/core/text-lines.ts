/** Text that other programs wrote, line by line, whatever the size of its chunks. */

import { InterplotError } from './errors.ts'

export interface TextLine {
  line: string
  /** From 1. */
  number: number
}

export interface LineOptions {
  /** Leaves what stands around a line: between tabs, nothing is a value too. */
  keepBlanks?: boolean
}

const LINE_MAX = 1024 * 1024

/** By the byte order mark: what Windows programs write is often UTF-16. */
const encodingOf = (beginning: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' => {
  if (beginning[0] === 0xff && beginning[1] === 0xfe) return 'utf-16le'
  return beginning[0] === 0xfe && beginning[1] === 0xff ? 'utf-16be' : 'utf-8'
}

const notText = (name: string, text: string): InterplotError =>
  text.startsWith('SQLite format 3')
    ? new InterplotError('ERR_INPUT_FILE', `${name} is a database, not text`, {
        advice: 'Give the path of a results file as an argument.',
      })
    : new InterplotError('ERR_INPUT_FILE', `${name} is not text`, {
        advice: 'Give a list, CSV, or one JSON object a line.',
      })

/** RFC 1952, section 2.3.1: what a gzip file begins with, as far as it differs from all text. */
const GZIP = [0x1f, 0x8b]

/**
 * Text in the chunks in which it comes, without byte order mark; UTF-8, or UTF-16 with a byte order mark.
 * @throws InterplotError ERR_INPUT_FILE for what is no text.
 */
export async function* textChunksOf(
  input: AsyncIterable<string | Uint8Array>,
  name: string,
): AsyncIterableIterator<string> {
  let decoder: InstanceType<typeof TextDecoder> | undefined
  for await (const chunk of input) {
    if (typeof chunk !== 'string' && decoder === undefined) {
      if (GZIP.every((byte, i) => chunk[i] === byte)) {
        throw new InterplotError('ERR_INPUT_FILE', `${name} is compressed with gzip`, {
          advice: 'Unpack it first, like: gzip -dc FILE | interplot …',
        })
      }
      decoder = new TextDecoder(encodingOf(chunk))
    }
    const text: string = typeof chunk === 'string' ? chunk : (decoder?.decode(chunk, { stream: true }) ?? '')
    if (text.includes('\0')) throw notText(name, text)
    yield text
  }
  yield decoder?.decode() ?? ''
}

/**
 * Lines with their numbers, without line ends and byte order mark, as many at a time as have come: who answers a slow
 * pipe answers after each array. Blank lines and comments are left out; UTF-8, or UTF-16 with a byte order mark.
 * @param name what to call the input in messages.
 * @throws InterplotError ERR_INPUT_FILE for what is no text, or has a line of more than 1 MiB.
 */
export async function* lineBatchesOf(
  input: AsyncIterable<string | Uint8Array>,
  name: string,
  { keepBlanks = false }: LineOptions = {},
): AsyncIterableIterator<TextLine[]> {
  let rest = ''
  let number = 0
  const significant = (line: string): string => {
    const whole = number === 1 ? line.replace(/^\uFEFF/, '') : line
    const trimmed = whole.trim()
    if (trimmed === '' || trimmed.startsWith('#')) return ''
    return keepBlanks ? whole.replace(/\r$/, '') : trimmed
  }
  for await (const text of textChunksOf(input, name)) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > LINE_MAX) {
      throw new InterplotError('ERR_INPUT_FILE', `${name}: line ${number + lines.length + 1} is longer than 1 MiB`, {
        advice: 'Give a list, CSV, or one JSON object a line.',
      })
    }
    const batch: TextLine[] = []
    for (const each of lines) {
      number += 1
      const line = significant(each)
      if (line !== '') batch.push({ line, number })
    }
    if (batch.length > 0) yield batch
  }
  number += 1
  const line = significant(rest)
  if (line !== '') yield [{ line, number }]
}
