/**
 * Bytes in chunks of any size → lines, whatever they hold: UTF-8 (what is none becomes U+FFFD), or UTF-16 with a byte order mark. A line ends at \n
 * alone, without a \r before it. What is longer than a line can be is cut there, or handed out in parts.
 */

import { isAscii } from 'node:buffer'

/** Of one line, in characters. */
export const LINE_MAX = 1024 * 1024

export interface LineCutter {
  /** Whole lines that have come with these bytes. */
  cut(bytes: Uint8Array): string[]
  /** The last line, without an end. */
  rest(): string[]
  /** Lines that were longer than 1 MiB, of which only the beginning came. */
  readonly cutLines: number
}

const encodingOf = (bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' => {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8'
}

/** Bytes → text. What is ASCII throughout, as logs are, is taken as it is, in a fifth of a decoder's time. */
const textOfBytes = (): ((bytes?: Uint8Array) => string) => {
  let decoder: InstanceType<typeof TextDecoder> | undefined
  /** Nothing of a character waits in the decoder for its end. */
  let isWhole = false
  let hasBegun = false
  return (bytes) => {
    if (bytes === undefined) return decoder?.decode() ?? ''
    if (!hasBegun) isWhole = encodingOf(bytes) === 'utf-8'
    if (isWhole && isAscii(bytes)) {
      hasBegun = true
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
    }
    // A byte order mark is one at the beginning alone.
    decoder ??= new TextDecoder(hasBegun ? 'utf-8' : encodingOf(bytes), { ignoreBOM: hasBegun })
    hasBegun = true
    const last = bytes.at(-1)
    if (decoder.encoding === 'utf-8' && last !== undefined) isWhole = last < 0x80
    return decoder.decode(bytes, { stream: true })
  }
}

/** @param inParts asked of a long line's beginning: whether it comes as several. */
export const lineCutter = (inParts: (line: string) => boolean): LineCutter => {
  const textOf = textOfBytes()
  let [open, skipping, goesOn, cutLines] = ['', false, false, 0]
  const withoutReturn = (line: string): string => (line.charCodeAt(line.length - 1) === 13 ? line.slice(0, -1) : line)
  /** The unfinished line has become too long. */
  const shorten = (lines: string[]): void => {
    if (skipping) open = ''
    while (open.length > LINE_MAX) {
      const part = open.slice(0, LINE_MAX)
      lines.push(part)
      if (goesOn || inParts(part)) {
        goesOn = true
        open = open.slice(LINE_MAX)
      } else {
        cutLines += 1
        skipping = true
        open = ''
      }
    }
  }
  const cutText = (text: string): string[] => {
    const lines: string[] = []
    let from = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      if (skipping) skipping = false
      else if (open === '' && end - from <= LINE_MAX) lines.push(withoutReturn(text.slice(from, end)))
      else {
        open += text.slice(from, end)
        shorten(lines)
        if (!skipping) lines.push(withoutReturn(open))
        skipping = false
      }
      open = ''
      goesOn = false
      from = end + 1
    }
    if (!skipping) open += text.slice(from)
    shorten(lines)
    return lines
  }
  return {
    cut: (bytes) => cutText(textOf(bytes)),
    rest() {
      const lines = cutText(textOf())
      if (open !== '' && !skipping) lines.push(withoutReturn(open))
      open = ''
      return lines
    },
    get cutLines() {
      return cutLines
    },
  }
}
