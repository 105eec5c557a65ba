/** The points of one frame of an animation. */

import type { MapData, MapPoints } from './map-data.ts'

/** Points stay in later frames where frames are cumulative. */
export const pointsOfFrame = ({ points, frames }: MapData, index: number): MapPoints => {
  const { frame } = points
  if (frame === undefined || frames === undefined) return points
  const { cumulative } = frames
  const weight = points.weight.map((each, i) => ((cumulative ? frame[i]! <= index : frame[i] === index) ? each : 0))
  return { ...points, weight }
}
