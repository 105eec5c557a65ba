/** What a terminal can show, and the size of the picture that fits it. */

export const TERMINAL_COLOURS = ['none', '256', 'truecolor'] as const
export type TerminalColours = (typeof TERMINAL_COLOURS)[number]

/** Characters (of 2 × 4 dots, or plain ones), or one of three ways to send a real picture. */
export const TERMINAL_GRAPHICS = ['braille', 'ascii', 'sixel', 'kitty', 'iterm2'] as const
export type TerminalGraphics = (typeof TERMINAL_GRAPHICS)[number]

export interface TerminalLook {
  /** Cells that the map and its words may take. */
  readonly columns: number
  readonly rows: number
  readonly colours: TerminalColours
  readonly graphics: TerminalGraphics
  /** Pixels of a cell, where the terminal told: for pictures. */
  readonly cell?: { readonly width: number; readonly height: number }
}

/** Dots of a cell. */
export const DOTS_ACROSS = 2
export const DOTS_DOWN = 4
/** Lines above the map (title and count, subtitle and the rest) and below it (legend, attributions). */
export const ROWS_ABOVE = 2
export const ROWS_BELOW = 2
/** Cells left free at both ends of a line of words. */
export const MARGIN = 1
/** A smaller map would be none; a smaller terminal scrolls. */
const FEWEST_COLUMNS = 32
const FEWEST_MAP_ROWS = 16
const USUAL_CELL = { width: 10, height: 20 } as const

export const isPicture = ({ graphics }: TerminalLook): boolean => graphics !== 'braille' && graphics !== 'ascii'

/** Width and height in pixels that a map for this terminal is to be composed in. */
export const terminalPictureSize = (look: TerminalLook): { width: number; height: number } => {
  const columns = Math.max(FEWEST_COLUMNS, look.columns)
  const rows = Math.max(FEWEST_MAP_ROWS, look.rows - ROWS_ABOVE - ROWS_BELOW)
  const { width, height } = isPicture(look) ? (look.cell ?? USUAL_CELL) : { width: DOTS_ACROSS, height: DOTS_DOWN }
  return { width: columns * width, height: rows * height }
}

/** Cells that a picture of this size takes. */
export const pictureCells = (
  { width, height }: { readonly width: number; readonly height: number },
  { cell = USUAL_CELL }: TerminalLook,
): { columns: number; rows: number } => ({
  columns: Math.ceil(width / cell.width),
  rows: Math.ceil(height / cell.height),
})
