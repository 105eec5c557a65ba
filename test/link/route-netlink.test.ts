import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseIpv4 } from '../../src/core/ip.ts'
import { IFF_UP, NLM_F_REQUEST, RTA_DST, RTA_OIF, RTM_GETROUTE } from '../../src/link/kernel-constants.ts'
import { RTMSG } from '../../src/link/kernel-structures.ts'
import { decodeAttributes, decodeMessages, encodeRequest } from '../../src/link/netlink.ts'
import { findRoute, listInterfaces } from '../../src/link/network-tables.ts'

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g)!, (pair) => Number.parseInt(pair, 16))

describe('netlink messages', () => {
  it('are encoded as `ip route get 10.64.0.1` does', () => {
    const header = new Uint8Array(RTMSG.sizeBytes)
    header[RTMSG.offset.family] = 2
    header[RTMSG.offset.destinationBits] = 32
    const data = Uint8Array.of(10, 64, 0, 1)
    const message = encodeRequest({ type: RTM_GETROUTE, dump: false, header, attributes: [{ type: RTA_DST, data }] }, 7)
    const expected = '240000001a000100070000000000000002200000000000000000000008000100' + '0a400001'
    expect(message).toEqual(bytesOf(expected))
  })

  it('survive the way out and back', () => {
    const attribute = fc.record({ type: fc.integer({ min: 1, max: 0x3fff }), data: fc.uint8Array({ maxLength: 40 }) })
    fc.assert(
      fc.property(fc.uniqueArray(attribute, { selector: ({ type }) => type, maxLength: 8 }), (attributes) => {
        const header = new Uint8Array(RTMSG.sizeBytes)
        const bytes = encodeRequest({ type: 26, dump: false, header, attributes }, 1)
        const [message, ...rest] = decodeMessages(bytes)
        expect(rest).toEqual([])
        const read = decodeAttributes(message!.body, RTMSG.sizeBytes)
        expect([...read]).toEqual(attributes.map(({ type, data }) => [type, data]))
      }),
    )
  })

  it('of any bytes end in no exception and no endless loop', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, length) => {
        if (bytes.length >= 4) new DataView(bytes.buffer).setUint32(0, length, true)
        for (const { body } of decodeMessages(bytes)) decodeAttributes(body, RTMSG.sizeBytes)
      }),
      { numRuns: 2000 },
    )
  })

  it('carry the interface and the request flag', () => {
    const data = new Uint8Array(Uint32Array.of(3).buffer)
    const request = { type: 26, dump: true, header: new Uint8Array(12), attributes: [{ type: RTA_OIF, data }] }
    const view = new DataView(encodeRequest(request, 1).buffer)
    expect(view.getUint16(6, true) & NLM_F_REQUEST).toBe(NLM_F_REQUEST)
    expect(view.getUint16(6, true)).toBe(0x301)
  })
})

// Reading the tables needs no privilege and sends nothing.
describe.skipIf(process.platform !== 'linux')('the kernel tables', () => {
  it('name the loopback interface with its address, and the way to it', () => {
    const loopback = listInterfaces().find(({ name }) => name === 'lo')!
    expect(loopback).toMatchObject({ deviceType: 772, address: parseIpv4('127.0.0.1') })
    expect(loopback.flags & IFF_UP).toBe(IFF_UP)
    const target = parseIpv4('127.0.0.9')!
    expect(findRoute({ target })).toMatchObject({ interfaceIndex: loopback.index, source: parseIpv4('127.0.0.1') })
  })
})
