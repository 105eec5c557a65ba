/** Numbers and names in the few cells of a column. */

import { cellsOf, charactersOf, fitCells, printable } from '../../../render/terminal/cell-text.ts'

const UNITS = ['', 'k', 'M', 'G', 'T', 'P'] as const

/** `999`, `1.23k`, `45.6M`, `789G`: five cells, decimal; '' for nothing. */
export const shortCount = (value: number): string => {
  if (!(value > 0)) return ''
  let rest = value
  let unit = 0
  // What would be rounded to a fourth digit is one of the next unit.
  while (rest >= 999.5 && unit < UNITS.length - 1) {
    rest /= 1000
    unit += 1
  }
  if (unit === 0) return rest < 1 ? '<1' : String(Math.round(rest))
  return `${rest.toFixed(rest < 9.995 ? 2 : rest < 99.95 ? 1 : 0)}${UNITS[unit]}`
}

/** `7s`, `3m05`, `2h10`, `4d` */
export const shortTime = (us: number): string => {
  const seconds = Math.max(0, Math.floor(us / 1e6))
  const two = (value: number): string => String(value).padStart(2, '0')
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}`
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3600)}h${two(Math.floor((seconds % 3600) / 60))}`
  return `${Math.floor(seconds / 86_400)}d`
}

export const cut = (text: string, cells: number, plain: boolean): string => fitCells(text, cells, plain ? '~' : '…')

/** Keeps the end: who answers for a host name stands there, and what stands before it anybody can choose. */
export const cutName = (name: string, cells: number, plain: boolean): string => {
  const clean = printable(name)
  if (cellsOf(clean) <= cells) return clean
  const kept: string[] = []
  let left = cells - 1
  for (const character of charactersOf(clean).reverse()) {
    if (character.cells > left) break
    left -= character.cells
    kept.push(character.text)
  }
  return (plain ? '~' : '…') + kept.reverse().join('')
}
