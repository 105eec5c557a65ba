/** Lines as dots: each dot that a line passes nearest to (a digital differential analyser), after it is cut to the frame. */

import type { Outline } from '../scene.ts'

/** From the middle of a dot to its edge: what lies on the edge of the frame is inside. */
const HALF = 0.5

export interface DotFrame {
  readonly width: number
  readonly height: number
}

/** The part of a line that is inside, as shares of its length (Liang and Barsky 1984); null when there is none. */
const inside = (
  { width, height }: DotFrame,
  x: number,
  y: number,
  dx: number,
  dy: number,
): readonly [number, number] | null => {
  let from = 0
  let to = 1
  for (const [step, room] of [
    [-dx, x + HALF],
    [dx, width - HALF - x],
    [-dy, y + HALF],
    [dy, height - HALF - y],
  ] as const) {
    if (step === 0) {
      if (room < 0) return null
      continue
    }
    const at = room / step
    if (step < 0) from = Math.max(from, at)
    else to = Math.min(to, at)
  }
  return from > to ? null : [from, to]
}

const drawLine = (
  frame: DotFrame,
  [x0, y0, x1, y1]: readonly [number, number, number, number],
  put: (x: number, y: number) => void,
): void => {
  if (!Number.isFinite(x0 + y0 + x1 + y1)) return
  const [dx, dy] = [x1 - x0, y1 - y0]
  const part = inside(frame, x0, y0, dx, dy)
  if (part === null) return
  const [startX, startY] = [x0 + dx * part[0], y0 + dy * part[0]]
  const [lengthX, lengthY] = [dx * (part[1] - part[0]), dy * (part[1] - part[0])]
  const steps = Math.max(1, Math.ceil(Math.max(Math.abs(lengthX), Math.abs(lengthY))))
  for (let i = 0; i <= steps; i += 1) {
    const x = Math.round(startX + (lengthX * i) / steps)
    const y = Math.round(startY + (lengthY * i) / steps)
    put(Math.min(frame.width - 1, Math.max(0, x)), Math.min(frame.height - 1, Math.max(0, y)))
  }
}

/** Calls `put` for the dots of the outline; pixel (0 … 1, 0 … 1) of the scene is dot 0, 0. */
export const drawOutline = (
  frame: DotFrame,
  { coordinates, starts, closed }: Outline,
  put: (x: number, y: number) => void,
): void => {
  for (let line = 0; line < starts.length; line += 1) {
    const start = starts[line]!
    const end = starts[line + 1] ?? coordinates.length / 2
    const last = closed ? end : end - 1
    for (let i = start; i < last; i += 1) {
      const next = i + 1 < end ? i + 1 : start
      const points = [coordinates[i * 2]!, coordinates[i * 2 + 1]!, coordinates[next * 2]!, coordinates[next * 2 + 1]!]
      // The middle of a dot is half a pixel from its corner.
      drawLine(frame, points.map((value) => value - 0.5) as [number, number, number, number], put)
    }
  }
}
