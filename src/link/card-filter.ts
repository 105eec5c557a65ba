/**
 * What a card hands to the kernel at all: its own filters drop frames to other addresses, or with VLAN tags. A packet socket
 * can have it take more (packet(7), PACKET_ADD_MEMBERSHIP). The kernel takes that back when the socket is closed or the interface goes.
 */

import { PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC, PACKET_MR_UNICAST, SOL_PACKET } from './kernel-constants.ts'
import { PACKET_MREQ } from './kernel-structures.ts'
import { setSocketOption } from './socket.ts'

/** Has the card take every frame, or those to one address besides its own. @throws InterplotError ERR_LINK_UNAVAILABLE */
export const openCardFilter = (fd: number, interfaceIndex: number, wanted: 'everything' | Uint8Array): void => {
  const request = new Uint8Array(PACKET_MREQ.sizeBytes)
  const view = new DataView(request.buffer)
  view.setInt32(PACKET_MREQ.offset.interfaceIndex, interfaceIndex, true)
  view.setUint16(PACKET_MREQ.offset.type, wanted === 'everything' ? PACKET_MR_PROMISC : PACKET_MR_UNICAST, true)
  if (wanted !== 'everything') {
    view.setUint16(PACKET_MREQ.offset.addressBytes, wanted.length, true)
    request.set(wanted, PACKET_MREQ.offset.address)
  }
  setSocketOption(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, request, 'PACKET_ADD_MEMBERSHIP')
}
