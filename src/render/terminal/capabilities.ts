/**
 * What a terminal can show, by what its environment says and by what it answers. Primary Device Attributes (ECMA-48 DA;
 * VT220 and later: CSI ? class ; attributes c): attribute 4 is sixel. The kitty graphics protocol is asked by a picture of
 * one pixel that is only checked (a=q): who knows it answers OK. The pixels of a cell are asked by xterm's window
 * operation 16. All are asked at once, the attributes last: every terminal answers these, so that nobody waits for an
 * answer that does not come.
 */

import type { TerminalColours, TerminalGraphics } from './look.ts'

export const CAPABILITY_QUERY = '\u001b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\u001b\\\u001b[16t\u001b[c'

const SIXEL_ATTRIBUTE = '4'
// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals answer in control sequences.
const ATTRIBUTES = /\u001b\[\?([\d;]*)c/
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
const KITTY_OK = /\u001b_Gi=31;OK\u001b\\/

// biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
const CELL_SIZE = /\u001b\[6;(\d{1,3});(\d{1,3})t/

/** Pixels of a cell, where the terminal said it. */
export const cellOf = (reply: string): { width: number; height: number } | null => {
  const match = CELL_SIZE.exec(reply)
  const [height, width] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)]
  return width > 0 && height > 0 ? { width, height } : null
}

/** Whether the answer to the query is all there. */
export const isWholeReply = (reply: string): boolean => ATTRIBUTES.test(reply)

type Environment = Readonly<Record<string, string | undefined>>

/** Terminals inside of which others run: they pass no pictures on unless told to, and answer for themselves. */
const isMultiplexed = (env: Environment): boolean =>
  (env['TMUX'] ?? '') !== '' || (env['STY'] ?? '') !== '' || /^(?:tmux|screen)/.test(env['TERM'] ?? '')

const KITTY_PROGRAMS = new Set(['ghostty', 'WezTerm'])

const isUtf8 = (env: Environment): boolean => {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((value) => value !== undefined && value !== '')
  return /utf-?8/i.test(locale ?? '')
}

/** The consoles of Linux and of old machines have no braille in their fonts. */
const hasFewCharacters = (env: Environment): boolean => /^(?:dumb|linux|vt\d+)?$/.test(env['TERM'] ?? '')

/** @param reply what came back for CAPABILITY_QUERY, if it was asked. */
export const terminalGraphics = (env: Environment, reply = ''): TerminalGraphics => {
  if (!isMultiplexed(env)) {
    if (KITTY_OK.test(reply) || env['TERM'] === 'xterm-kitty' || KITTY_PROGRAMS.has(env['TERM_PROGRAM'] ?? ''))
      return 'kitty'
    if (env['TERM_PROGRAM'] === 'iTerm.app') return 'iterm2'
    if (ATTRIBUTES.exec(reply)?.[1]?.split(';').slice(1).includes(SIXEL_ATTRIBUTE) === true) return 'sixel'
  }
  return isUtf8(env) && !hasFewCharacters(env) ? 'braille' : 'ascii'
}

/** NO_COLOR (no-color.org): any text in it means none. */
export const terminalColours = (env: Environment): TerminalColours => {
  const term = env['TERM'] ?? ''
  if ((env['NO_COLOR'] ?? '') !== '' || hasFewCharacters(env)) return 'none'
  if (/^(?:truecolor|24bit)$/.test(env['COLORTERM'] ?? '') || /-direct$|^xterm-kitty$/.test(term)) return 'truecolor'
  return '256'
}
