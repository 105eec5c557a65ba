/** Makes texts fit a width. */

import type { TextMeasure, TextStyle } from './scene.ts'

const ELLIPSIS = '…'

/** Cuts the text at its end, with an ellipsis, until it is no wider than `width`; empty when nothing fits. */
export const shorten = (text: string, style: TextStyle, width: number, measure: TextMeasure): string => {
  if (measure(text, style) <= width) return text
  const letters = [...text]
  let [low, high] = [0, letters.length]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (measure(letters.slice(0, middle).join('').trimEnd() + ELLIPSIS, style) <= width) low = middle
    else high = middle - 1
  }
  return low === 0 ? '' : letters.slice(0, low).join('').trimEnd() + ELLIPSIS
}

/** Breaks at spaces into at most `lines` lines; the last one is shortened when more would be needed. */
export const wrap = (text: string, style: TextStyle, width: number, lines: number, measure: TextMeasure): string[] => {
  const done: string[] = []
  let line = ''
  const words = text.split(/\s+/)
  for (const [i, word] of words.entries()) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line === '' || measure(longer, style) <= width) {
      line = longer
      continue
    }
    if (done.length === lines - 1)
      return [...done, shorten(`${line} ${words.slice(i).join(' ')}`, style, width, measure)]
    done.push(line)
    line = word
  }
  return [...done, line].map((each) => shorten(each, style, width, measure)).filter((each) => each !== '')
}

/** The largest size, between `smallest` and that of `style`, at which the text is no wider than `width`. */
export const shrink = (
  text: string,
  style: TextStyle,
  width: number,
  smallest: number,
  measure: TextMeasure,
): TextStyle => {
  const needed = measure(text, style)
  if (needed <= width) return style
  return { ...style, size: Math.max(smallest, Math.floor((style.size * width) / needed)) }
}
