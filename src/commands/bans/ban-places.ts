/**
 * Where the banned are: the databases that are installed, asked on this machine and only for who was never looked up. The answers
 * are kept in the results file, where maps find them.
 */

import { systemClock } from '../../core/clock.ts'
import { InterplotError } from '../../core/errors.ts'
import { type IpAddress, type Ipv6, isIpv4 } from '../../core/ip.ts'
import type { Place } from '../../core/place.ts'
import type { AddressLists, OpenProvider } from '../../geo/providers/provider.ts'
import type { Ban } from '../../store/ban-reader.ts'
import type { Store } from '../../store/store.ts'
import { chooseProvider } from '../geo/geolocate-provider.ts'
import type { Terminal } from '../terminal.ts'

/** Null where none is installed, which is said once. */
export const openBanProvider = async (
  database: readonly string[] | undefined,
  terminal: Terminal,
): Promise<OpenProvider | null> => {
  try {
    return await chooseProvider(database === undefined ? {} : { database })
  } catch (error) {
    if (!(error instanceof InterplotError) || error.code !== 'ERR_GEO_MISSING') throw error
    terminal.note('no places: no geolocation database is installed (interplot geo install)')
    return null
  }
}

/** Looks up who was never looked up, and keeps it. */
export const locateBanned = async (store: Store, provider: OpenProvider, terminal: Terminal): Promise<void> => {
  const lists = store.unlocatedBanned()
  if (lists.ipv4.length + lists.ipv6.length === 0) return
  const summary = { provider: provider.name, attributions: provider.attributions }
  const run = store.beginRun({
    ...{ command: 'geolocate', arguments: process.argv.slice(2), startedUs: systemClock.nowUs(), summary },
  })
  for await (const batch of provider.locateMany(lists, terminal.progress('locating'))) {
    store.putPlaces(provider.name, batch)
  }
  terminal.clear()
  store.finishRun(run, { finishedUs: systemClock.nowUs(), outcome: 'done', summary })
}

export interface BanPlaces {
  /** Null: looked up, and nothing is known. Undefined: not looked up. */
  placeOf(entry: Pick<Ban, 'address' | 'place'>): Place | null | undefined
  prefixOf(address: IpAddress): number | undefined
}

const listsOf = (entries: readonly Pick<Ban, 'address'>[]): AddressLists => {
  const four = new Set<number>()
  const six = new Set<Ipv6>()
  for (const { address } of entries) {
    if (isIpv4(address)) four.add(address)
    else six.add(address)
  }
  return { ipv4: Uint32Array.from(four).sort(), ipv6: [...six].sort((a, b) => (a < b ? -1 : 1)) }
}

/** What the file knows, and beside it what the provider says: the networks, and places that could not be kept. */
export const readBanPlaces = async (
  store: Store,
  entries: readonly Pick<Ban, 'address' | 'place'>[],
  provider: OpenProvider | null,
): Promise<BanPlaces> => {
  const kept = store.banPlaces()
  const found = new Map<IpAddress, { place: Place | null; prefixBits: number | undefined }>()
  if (provider !== null) {
    for await (const { addresses, placeIndex, prefixBits, places } of provider.locateMany(listsOf(entries))) {
      for (const [i, address] of addresses.entries()) {
        found.set(address as IpAddress, { place: places[placeIndex[i]!] ?? null, prefixBits: prefixBits?.[i] })
      }
    }
  }
  return {
    placeOf: ({ address, place }) => (place === null ? found.get(address)?.place : (kept.get(place) ?? null)),
    prefixOf: (address) => {
      const entry = found.get(address)
      // The network around what nobody knows is whatever lies between two that somebody knows.
      return entry?.place == null ? undefined : entry.prefixBits
    },
  }
}
