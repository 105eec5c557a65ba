/** The points of one frame of an animation, and its time in words. */

import { isoTime } from '../core/clock.ts'
import type { MapData, MapFrames, MapPoints } from './map-data.ts'

/** Points stay in later frames where frames are cumulative. */
export const pointsOfFrame = ({ points, frames }: MapData, index: number): MapPoints => {
  const { frame } = points
  if (frame === undefined || frames === undefined) return points
  const { cumulative } = frames
  const weight = points.weight.map((each, i) => ((cumulative ? frame[i]! <= index : frame[i] === index) ? each : 0))
  return { ...points, weight }
}

const MINUTE_US = 60_000_000
const DAY_US = 86_400_000_000

/** Date, time to the minute, or to the second: as exact as frames are long. */
const timeText = (timeUs: number, lengthUs: number): string => {
  const text = isoTime(timeUs).replace('T', ' ')
  if (lengthUs % DAY_US === 0) return text.slice(0, 10)
  return lengthUs % MINUTE_US === 0 ? text.slice(0, 16) : text.slice(0, 19)
}

/** When a frame begins, or until when it shows everything; UTC. */
export const frameLabel = ({ startUs, lengthUs, cumulative }: MapFrames, index: number): string => {
  const beginUs = startUs + index * lengthUs
  if (cumulative) return `until ${timeText(beginUs + lengthUs, lengthUs)} UTC`
  return lengthUs % DAY_US === 0 && lengthUs > DAY_US
    ? `${timeText(beginUs, lengthUs)} – ${timeText(beginUs + lengthUs - DAY_US, lengthUs)}`
    : `${timeText(beginUs, lengthUs)} UTC`
}
