/** PNG files sent to terminals that show them: kitty's graphics protocol, and iTerm2's inline images. */

/** Base64 of one escape sequence, at most (kitty graphics protocol, "Remote client"). */
const CHUNK = 4096

export interface ImagePlace {
  /** Cells that the picture is to take. */
  readonly columns: number
  readonly rows: number
}

/** Shown at the cursor (a=T), as a PNG (f=100) in the sequences themselves, without an answer (q=2). */
export const kittyOf = (png: Buffer, { columns, rows }: ImagePlace): Buffer => {
  const data = png.toString('base64')
  const parts: string[] = []
  for (let start = 0; start < data.length; start += CHUNK) {
    const more = start + CHUNK < data.length ? 1 : 0
    const control = start === 0 ? `a=T,f=100,q=2,c=${columns},r=${rows},m=${more}` : `m=${more}`
    parts.push(`\u001b_G${control};${data.slice(start, start + CHUNK)}\u001b\\`)
  }
  return Buffer.from(parts.join(''), 'latin1')
}

/** OSC 1337 ; File (iTerm2, "Inline images protocol"). */
export const iterm2Of = (png: Buffer, { columns, rows }: ImagePlace): Buffer => {
  const control = `inline=1;size=${png.length};width=${columns};height=${rows};preserveAspectRatio=0`
  return Buffer.from(`\u001b]1337;File=${control}:${png.toString('base64')}\u0007`, 'latin1')
}
