/** The bans of a results file as the data of a map. */

import { InterplotError } from '../../core/errors.ts'
import { printableText } from '../../core/printable-text.ts'
import type { MapData } from '../../render/map-data.ts'
import type { Store } from '../../store/store.ts'
import { colouredPoints, describeQuery, type InputData, weightOf } from './map-points.ts'
import type { MapQuery } from './map-query.ts'

/** @throws InterplotError ERR_USAGE for a colour that bans have not. */
export const readBanMap = (store: Store, query: MapQuery, attributions: readonly string[]): InputData => {
  const { colourBy, frames, sinceUs, untilUs, countries, jails, hosts } = query
  if (colourBy === 'port' || colourBy === 'rtt' || colourBy === 'first-seen') {
    throw new InterplotError('ERR_USAGE', `--color-by ${colourBy} is about replies, and this is a map of bans`, {
      advice: 'Bans have jail, host, country, asn.',
    })
  }
  const found = store.banPoints({
    ...(sinceUs === undefined ? {} : { sinceUs }),
    ...(untilUs === undefined ? {} : { untilUs }),
    ...(countries === undefined ? {} : { countries }),
    ...(jails === undefined ? {} : { jails }),
    ...(hosts === undefined ? {} : { hosts }),
    ...(colourBy === 'jail' || colourBy === 'host' ? { groupBy: colourBy } : {}),
    ...(frames === undefined ? {} : { frames }),
  })
  const { latitude, longitude, weight, frame, label } = found
  const { accuracyKm, ...details } = found.details
  const { points, colouring, uncoloured } = colouredPoints(
    {
      ...{ latitude, longitude, weight, details, accuracyKm },
      ...(frame === undefined ? {} : { frame }),
      ...(label === undefined ? {} : { label }),
    },
    colourBy,
  )
  const named = [...(jails ?? []), ...(hosts ?? [])].map((name) => printableText(name))
  const data: MapData = {
    points,
    countries: found.countries,
    paths: [],
    counted: 'bans',
    counts: {
      ...{ located: found.located, unlocated: found.unlocated, private: found.private, anycast: found.anycast },
      approximate: weightOf(found, 'approximate'),
      placedAnycast: weightOf(found, 'anycast'),
    },
    title: 'Who was banned',
    subtitle: [...named, ...describeQuery(query)].join(' · '),
    attributions,
    ...(colouring === undefined ? {} : { colouring }),
  }
  if (frames !== undefined && found.frameCount !== undefined && found.firstFrameUs !== undefined) {
    const { frameCount: count, firstFrameUs: startUs } = found
    data.frames = { count, startUs, lengthUs: frames.lengthUs, cumulative: frames.mode === 'first' }
  }
  return { data, notLookedUp: found.notLookedUp, uncoloured }
}
