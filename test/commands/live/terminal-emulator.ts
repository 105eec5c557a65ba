/**
 * A small terminal: cursor positions, clearing, Select Graphic Rendition, and the private modes 7, 25 and 1049. Whatever else a
 * program sends is noted as unknown, and so is every character that would stand beyond the last column.
 */

import { charactersOf } from '../../../src/render/terminal/cell-text.ts'

interface Buffer {
  text: string[]
  look: string[]
}

export interface TerminalEmulator {
  write(text: string): void
  resize(columns: number, rows: number): void
  lines(): string[]
  /** Graphic rendition of a cell. */
  look(row: number, column: number): string
  state(): { alternate: boolean; cursor: boolean; wrap: boolean; look: string }
  /** What it did not understand, and what did not fit. */
  readonly faults: string[]
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals are steered by control characters.
const SEQUENCE = /^\u001b\[(\?)?([\d;]*)([A-Za-z])/
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
const PART = /\u001b(?:\[[\d;?]*)?$/

export const makeTerminalEmulator = (width = 80, height = 24): TerminalEmulator => {
  let [columns, rows] = [width, height]
  const empty = (): Buffer => ({
    text: Array.from({ length: columns * rows }, () => ' '),
    look: Array.from({ length: columns * rows }, () => ''),
  })
  const faults: string[] = []
  let main = empty()
  let other = empty()
  let [row, column, look] = [0, 0, '']
  const modes = { 7: true, 25: true, 1049: false }
  let rest = ''

  const screen = (): Buffer => (modes[1049] ? other : main)
  const lineFeed = (): void => {
    if (row < rows - 1) {
      row += 1
      return
    }
    const { text, look: looks } = screen()
    text.push(...text.splice(0, columns).fill(' '))
    looks.push(...looks.splice(0, columns).fill(''))
  }
  const obey = (isPrivate: boolean, parameters: string, letter: string): void => {
    const numbers = parameters.split(';').map(Number)
    if (isPrivate && (letter === 'h' || letter === 'l') && numbers.every((each) => each in modes)) {
      for (const mode of numbers as (keyof typeof modes)[]) modes[mode] = letter === 'h'
    } else if (letter === 'H' && !isPrivate) {
      ;[row, column] = [(numbers[0] || 1) - 1, (numbers[1] || 1) - 1]
      if (row >= rows || column >= columns) faults.push(`cursor at ${row},${column}`)
    } else if (letter === 'J' && parameters === '2') {
      if (modes[1049]) other = empty()
      else main = empty()
    } else if (letter === 'm' && !isPrivate) {
      look = parameters === '' || parameters === '0' ? '' : parameters.replace(/^0;/, '')
    } else faults.push(`sequence ${isPrivate ? '?' : ''}${parameters}${letter}`)
  }
  const put = (character: string, cells: number): void => {
    const inAlternate = modes[1049]
    if (column + cells > columns) {
      if (inAlternate) faults.push(`"${character}" at ${row},${column}`)
      column = 0
      lineFeed()
    }
    const { text, look: looks } = screen()
    for (let i = 0; i < cells; i += 1) {
      text[row * columns + column + i] = i === 0 ? character : ''
      looks[row * columns + column + i] = look
    }
    column += cells
  }
  const take = (text: string): void => {
    rest += text
    while (rest !== '' && !PART.test(rest)) {
      const sequence = SEQUENCE.exec(rest)
      if (sequence !== null) {
        obey(sequence[1] === '?', sequence[2]!, sequence[3]!)
        rest = rest.slice(sequence[0].length)
        continue
      }
      // biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
      const end = rest.slice(1).search(/[\u0000-\u001f\u007f-\u009f]/)
      const run = end < 0 ? rest : rest.slice(0, end + 1)
      rest = rest.slice(run.length)
      if (run.startsWith('\r')) column = 0
      else if (run.startsWith('\n')) lineFeed()
      else if (/^\p{Cc}/u.test(run)) faults.push(`control ${JSON.stringify(run[0])}`)
      for (const { text: character, cells } of charactersOf(run.replace(/^[\r\n]/, ''))) put(character, cells)
    }
  }
  return {
    faults,
    write: take,
    resize(newColumns, newRows) {
      ;[columns, rows] = [newColumns, newRows]
      ;[row, column] = [0, 0]
      main = empty()
      other = empty()
    },
    lines: () =>
      Array.from({ length: rows }, (_, i) =>
        screen()
          .text.slice(i * columns, (i + 1) * columns)
          .join('')
          .trimEnd(),
      ),
    look: (atRow, atColumn) => screen().look[atRow * columns + atColumn]!,
    state: () => ({ alternate: modes[1049], cursor: modes[25], wrap: modes[7], look }),
  }
}
