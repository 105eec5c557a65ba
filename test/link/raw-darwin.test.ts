import { describe, expect, it } from 'vitest'
import { restoreReceivedHeader, swapDarwinFields } from '../../src/link/darwin-header.ts'
import { verifiesIpv4Checksum } from '../../src/wire/ipv4.ts'
import { writeEchoRequest } from './probe-packets.ts'

const onTheWire = (): Uint8Array => {
  const bytes = new Uint8Array(64)
  return bytes.slice(0, writeEchoRequest(bytes, 0, { source: 1, destination: 2, payloadBytes: 16 }))
}

describe('the header fields that macOS turns around', () => {
  it('are length and fragment only, and turn back', () => {
    const packet = onTheWire()
    swapDarwinFields(packet, 0)
    expect(new DataView(packet.buffer).getUint16(2, true)).toBe(44)
    swapDarwinFields(packet, 0)
    expect(packet).toEqual(onTheWire())
  })

  it('of a received packet are put right again', () => {
    const packet = onTheWire()
    const view = new DataView(packet.buffer)
    view.setUint16(2, 44 - 20, true)
    view.setUint16(6, view.getUint16(6), true)
    restoreReceivedHeader(packet)
    expect(packet).toEqual(onTheWire())
    expect(verifiesIpv4Checksum(packet, 0, packet.length)).toBe(true)
  })
})
