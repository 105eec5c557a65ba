/** Text in cells: what is not to be printed is left out, and wide characters take two. */

/** Unicode Standard Annex 11: East Asian Wide and Fullwidth, and what is shown as emoji; the blocks as a whole. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1faff],
  [0x20000, 0x3fffd],
]

const widthOf = (character: string): number => {
  if (/^[\p{Mn}\p{Me}]$/u.test(character)) return 0
  const code = character.codePointAt(0)!
  return WIDE.some(([first, last]) => code >= first && code <= last) ? 2 : 1
}

/** Control and formatting characters could move the cursor, or turn the line around. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

export const withoutControls = (text: string): string => text.replaceAll(UNPRINTABLE, '')

/** As one line, and rows of spaces as one. */
export const printable = (text: string): string => withoutControls(text.replaceAll(/\s+/g, ' '))

export const cellsOf = (text: string): number => [...text].reduce((sum, character) => sum + widthOf(character), 0)

/** Printable, and cut with an ellipsis to at most `cells`. */
export const fitCells = (text: string, cells: number, ellipsis: string): string => {
  const clean = printable(text)
  if (cellsOf(clean) <= cells) return clean
  let out = ''
  let used = cellsOf(ellipsis)
  if (used > cells) return ''
  for (const character of clean) {
    used += widthOf(character)
    if (used > cells) break
    out += character
  }
  return out.trimEnd() + ellipsis
}

/** Each character with the cells that it takes; marks stay with their letter. */
export const charactersOf = (text: string): { text: string; cells: number }[] => {
  const out: { text: string; cells: number }[] = []
  for (const character of text) {
    const cells = widthOf(character)
    const last = out.at(-1)
    if (cells === 0 && last !== undefined) last.text += character
    else if (cells > 0) out.push({ text: character, cells })
  }
  return out
}
