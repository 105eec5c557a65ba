/** A ban that `--follow` has come upon, as a line of text or JSON. */

import type { BanEvent } from '../../core/ban.ts'
import { isoTime, systemClock } from '../../core/clock.ts'
import { isIpv4 } from '../../core/ip.ts'
import type { Place } from '../../core/place.ts'
import { printableText } from '../../core/printable-text.ts'
import { asWords, bannedText, placeWords } from './ban-words.ts'

export interface FollowedBan {
  event: BanEvent
  host: string
  place: Place | null
}

const BITS = { 4: 32, 6: 128 } as const

const prefixBitsOf = ({ address, prefixLength }: BanEvent): number => prefixLength ?? BITS[isIpv4(address) ? 4 : 6]

export const followedLine = ({ event, host, place }: FollowedBan, json: boolean): string => {
  const { address, jail, timeUs, again } = event
  const time = isoTime(timeUs ?? systemClock.nowUs())
  const who = bannedText({ address, prefixBits: prefixBitsOf(event) })
  if (json) return JSON.stringify({ time, address: who, jail, host, again: again ?? null, place })
  return [
    time.slice(0, 19).replace('T', ' '),
    who,
    printableText(jail),
    ...(again === undefined ? [] : [again]),
    ...[placeWords(place), asWords(place)].flatMap((words) => (words === null ? [] : [printableText(words)])),
  ].join('  ')
}
