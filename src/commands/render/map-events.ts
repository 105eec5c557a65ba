/** Bans or connections of a results file as the data of a map. */

import { InterplotError } from '../../core/errors.ts'
import { printableText } from '../../core/printable-text.ts'
import type { MapData } from '../../render/map-data.ts'
import type { EventPoints } from '../../store/event-points.ts'
import type { Store } from '../../store/store.ts'
import { protocolName, serviceOf } from '../watch/connection-words.ts'
import { colouredPoints, describeQuery, type InputData, weightOf } from './map-points.ts'
import type { MapQuery } from './map-query.ts'
import type { ColourKey } from './point-colouring.ts'

/** `--color-by` of each, beside what is known of places. */
const OWN_COLOURS = { bans: ['jail', 'host'], connections: ['service', 'direction'] } as const
export type EventKind = keyof typeof OWN_COLOURS

const coloursOf = (kind: EventKind): readonly ColourKey[] => [...OWN_COLOURS[kind], 'country', 'asn']

/** @throws InterplotError ERR_USAGE for a colour that these have not. */
export const checkEventColour = (kind: EventKind, colourBy: ColourKey | undefined): void => {
  const known = coloursOf(kind)
  if (colourBy === undefined || known.includes(colourBy)) return
  throw new InterplotError('ERR_USAGE', `--color-by ${colourBy} is not about ${kind}, and this is a map of ${kind}`, {
    advice: `${kind === 'bans' ? 'Bans' : 'Connections'} have ${known.join(', ')}.`,
  })
}

/** @throws InterplotError ERR_USAGE: a colour of bans or connections, where neither is shown. */
export const refuseEventColours = (colourBy: ColourKey | undefined): void => {
  for (const [kind, colours] of Object.entries(OWN_COLOURS)) {
    if (!colours.some((each) => each === colourBy)) continue
    throw new InterplotError('ERR_USAGE', `--color-by ${colourBy} is for ${kind}`, { advice: `Add --${kind}.` })
  }
}

interface EventWords {
  kind: EventKind
  title: string
  /** What was chosen, beside what can be chosen of everything. */
  chosen: readonly string[]
  attributions: readonly string[]
}

const mapOf = (found: EventPoints, query: MapQuery, { kind, title, chosen, attributions }: EventWords): InputData => {
  const { latitude, longitude, weight, frame, label } = found
  const { accuracyKm, ...details } = found.details
  const { points, colouring, uncoloured } = colouredPoints(
    {
      ...{ latitude, longitude, weight, details, accuracyKm },
      ...(frame === undefined ? {} : { frame }),
      ...(label === undefined ? {} : { label }),
    },
    query.colourBy,
  )
  const data: MapData = {
    ...{ points, countries: found.countries, paths: [], counted: kind, title, attributions },
    counts: {
      ...{ located: found.located, unlocated: found.unlocated, private: found.private, anycast: found.anycast },
      approximate: weightOf(found, 'approximate'),
      placedAnycast: weightOf(found, 'anycast'),
    },
    subtitle: [...chosen, ...describeQuery(query)].join(' · '),
    ...(colouring === undefined ? {} : { colouring }),
  }
  if (query.frames !== undefined && found.frameCount !== undefined && found.firstFrameUs !== undefined) {
    const { frameCount: count, firstFrameUs: startUs } = found
    data.frames = { count, startUs, lengthUs: query.frames.lengthUs, cumulative: query.frames.mode === 'first' }
  }
  return { data, notLookedUp: found.notLookedUp, uncoloured }
}

/** What may be chosen of both. */
const selectionOf = ({ sinceUs, untilUs, countries, frames }: MapQuery) => ({
  ...(sinceUs === undefined ? {} : { sinceUs }),
  ...(untilUs === undefined ? {} : { untilUs }),
  ...(countries === undefined ? {} : { countries }),
  ...(frames === undefined ? {} : { frames }),
})

/** @throws InterplotError ERR_USAGE for a colour that bans have not. */
export const readBanMap = (store: Store, query: MapQuery, attributions: readonly string[]): InputData => {
  const { colourBy, jails, hosts } = query
  checkEventColour('bans', colourBy)
  const found = store.banPoints({
    ...selectionOf(query),
    ...(jails === undefined ? {} : { jails }),
    ...(hosts === undefined ? {} : { hosts }),
    ...(colourBy === 'jail' || colourBy === 'host' ? { groupBy: colourBy } : {}),
  })
  const chosen = [...(jails ?? []), ...(hosts ?? [])].map((name) => printableText(name))
  return mapOf(found, query, { kind: 'bans', title: 'Who was banned', chosen, attributions })
}

const DIRECTIONS = { local: 'from here', remote: 'from there', unknown: 'unknown' } as const

/** What a connection is called in the legend. */
const LABELS = {
  service: (connection: Parameters<typeof serviceOf>[0] & { protocol: number }) =>
    serviceOf(connection) ??
    (connection.localPort === 0 && connection.remotePort === 0
      ? protocolName(connection.protocol)
      : `other ${protocolName(connection.protocol)}`),
  direction: ({ initiator }: Pick<Parameters<typeof serviceOf>[0], 'initiator'>) => DIRECTIONS[initiator],
}

/** @throws InterplotError ERR_USAGE for a colour that connections have not. */
export const readConnectionMap = (store: Store, query: MapQuery, attributions: readonly string[]): InputData => {
  const { colourBy, run, port } = query
  checkEventColour('connections', colourBy)
  const found = store.connectionPoints({
    ...selectionOf(query),
    ...(run === undefined ? {} : { run }),
    ...(port === undefined ? {} : { port }),
    ...(colourBy === 'service' || colourBy === 'direction' ? { labelOf: LABELS[colourBy] } : {}),
  })
  const chosen = run === undefined ? [] : [`run ${run}`]
  return mapOf(found, query, { kind: 'connections', title: 'Who talked with whom', chosen, attributions })
}
