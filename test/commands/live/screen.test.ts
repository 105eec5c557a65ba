import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  makeScreen,
  type Screen,
  type Style,
  screenDifference,
  screenLines,
} from '../../../src/commands/live/screen.ts'
import { makeTerminalEmulator } from './terminal-emulator.ts'

const STYLES: readonly Style[] = [
  {},
  { bold: true },
  { ink: 0xff0000 },
  { behind: 0x0000ff, dim: true },
  { inverse: true },
]
/** Letters, wide ones, marks, and what steers a terminal. */
const words = fc
  .array(fc.constantFrom('a', ' ', '東', 'é', 'e\u0301', '😀', '\u001b[2J', '\n', '\u202e', '▁', '-'), {
    maxLength: 30,
  })
  .map((parts) => parts.join(''))
const puts = fc.array(
  fc.record({
    row: fc.integer({ min: -1, max: 7 }),
    column: fc.integer({ min: -2, max: 21 }),
    words,
    style: fc.nat({ max: STYLES.length - 1 }),
    room: fc.nat({ max: 25 }),
  }),
  { maxLength: 15 },
)

const drawn = (
  list: { row: number; column: number; words: string; style: number; room: number }[],
  columns = 20,
  rows = 6,
): Screen => {
  const screen = makeScreen(columns, rows, '256')
  for (const { row, column, words: text, style, room } of list) screen.put(row, column, text, STYLES[style], room)
  return screen
}

describe('a screen', () => {
  it('is what the terminal shows after the differences, whatever was put on it', () => {
    fc.assert(
      fc.property(fc.array(puts, { minLength: 1, maxLength: 5 }), (frames) => {
        const terminal = makeTerminalEmulator(20, 6)
        terminal.write('\u001b[?1049h\u001b[?7l')
        let before: Screen | null = null
        for (const frame of frames) {
          const screen = drawn(frame)
          terminal.write(screenDifference(before, screen))
          before = screen
          expect(terminal.lines()).toEqual(screenLines(screen))
          for (let at = 0; at < 120; at += 1) {
            const shown = terminal.look(Math.floor(at / 20), at % 20)
            // Nobody sees the rendition of an empty cell that was never written.
            if (screen.text[at] !== '') expect(shown).toBe(screen.look[at])
          }
          expect(screenDifference(screen, screen)).toBe('')
        }
        expect(terminal.faults).toEqual([])
        expect(terminal.state().look).toBe('')
      }),
      { numRuns: 300 },
    )
  })

  it('writes what has changed and no more', () => {
    const before = makeScreen(80, 24, 'none')
    before.put(3, 10, 'loss 10%')
    const after = makeScreen(80, 24, 'none')
    after.put(3, 10, 'loss 11%')
    expect(screenDifference(before, after)).toBe('\u001b[4;17H1')
  })

  it('is painted anew at another size', () => {
    const small = makeScreen(10, 3, 'none')
    small.put(0, 0, 'x')
    expect(screenDifference(makeScreen(20, 3, 'none'), small)).toMatch(/2J.*x$/s)
  })

  it('keeps what was put within its room and its row', () => {
    const screen = makeScreen(10, 2, 'none')
    expect(screen.put(0, 2, 'abcdef', {}, 3)).toBe(5)
    expect(screen.put(0, 8, '東京')).toBe(10)
    expect(screen.put(1, 0, '東京', {}, 3)).toBe(2)
    expect(screenLines(screen)).toEqual(['  abc   東', '東'])
    screen.put(1, 1, 'x')
    expect(screenLines(screen)[1]).toBe(' x')
  })

  it('has nothing but ASCII where a terminal has no more, and no colours without them', () => {
    const screen = makeScreen(20, 1, 'none', true)
    screen.put(0, 0, 'a · b… ▁é', { ink: 0xff0000, bold: true })
    expect(screenLines(screen)).toEqual(['a - b~ ??'])
    expect(screen.look[0]).toBe('1')
  })
})
