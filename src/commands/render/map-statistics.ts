/** `--stats-json`: what a map shows, in numbers. */

import { writeAtomically } from '../../output/atomic-file.ts'
import type { MapData, Ranking } from '../../render/map-data.ts'

const keyOf = (title: string): string => title.toLowerCase()

/** Counts, groups and rankings of a map; the same for the same input. */
const statisticsOf = (
  { title, subtitle, counts, colouring, frames, paths, points }: MapData,
  rankings: readonly Ranking[],
) => ({
  title,
  subtitle,
  ...{ located: counts.located, unlocated: counts.unlocated, approximate: counts.approximate ?? 0 },
  ...{ private: counts.private ?? 0, anycast: (counts.anycast ?? 0) + (counts.placedAnycast ?? 0) },
  places: points.weight.length,
  traces: paths.length,
  ...(colouring?.kind === 'groups' ? { groups: colouring.groups.map(({ label, count }) => ({ label, count })) } : {}),
  ...(frames === undefined ? {} : { frames: frames.count }),
  rankings: Object.fromEntries(rankings.map(({ title: name, rows }) => [keyOf(name), rows])),
})

/** @param path `-` is standard output. @throws InterplotError ERR_OUTPUT_FILE. */
export const writeStatistics = async (path: string, data: MapData, rankings: readonly Ranking[]): Promise<void> => {
  const text = `${JSON.stringify(statisticsOf(data, rankings), null, 2)}\n`
  if (path === '-') {
    process.stdout.write(text)
    return
  }
  await writeAtomically(path, async (file) => {
    await file.writeFile(text)
  })
}
