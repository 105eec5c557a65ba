/** What is known of addresses without asking a server: the person's own networks, special-purpose and anycast addresses. */

import type { IpAddress } from '../../core/ip.ts'
import type { Place } from '../../core/place.ts'
import { placeOfAnswer } from '../answer.ts'
import { type Overlay, overlayPlace, saysWhere } from '../overlay.ts'
import { mergePlaces } from '../record.ts'
import { specialAddresses } from '../special-addresses.ts'
import { plainAddress } from './answer-place.ts'

export interface Knowledge {
  /** The whole answer, for an address that is not to be sent; else undefined. */
  local(address: IpAddress): Place | undefined
  /** With what is known besides. */
  complete(address: IpAddress, said: Place | null): Place | null
}

export const makeKnowledge = (overlay: Overlay | undefined): Knowledge => {
  const source = specialAddresses()
  const specialOf = (address: IpAddress): Place | null => source.place(placeOfAnswer(source.find(address)))
  const complete = (written: IpAddress, said: Place | null): Place | null => {
    const address = plainAddress(written)
    const place = mergePlaces([said, specialOf(address)].filter((each) => each !== null))
    const own = overlay?.find(address) ?? null
    return own === null ? place : overlayPlace(own, place)
  }
  return {
    complete,
    local(written) {
      const address = plainAddress(written)
      const own = overlay?.find(address) ?? null
      const settled = (own !== null && saysWhere(own)) || specialOf(address)?.state === 'private'
      return settled ? (complete(written, null) ?? undefined) : undefined
    },
  }
}
