import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ipv4, ipv6FromBytes } from '../../src/core/ip.ts'
import type { InterfaceInformation } from '../../src/core/trace.ts'
import { checksum } from '../../src/wire/checksum.ts'
import { readIcmp, writeIcmpError } from '../../src/wire/icmp.ts'
import {
  buildIcmpExtensions,
  buildMplsLabels,
  extendQuotation,
  ICMP_EXTENSION_CLASS,
  MPLS_INCOMING_STACK,
  readIcmpExtensions,
  readMplsLabels,
} from '../../src/wire/icmp-extension.ts'
import {
  buildInterfaceInformation,
  INTERFACE_ROLES,
  readInterfaceInformation,
} from '../../src/wire/interface-information.ts'

const label = fc.record({ label: fc.nat(0xfffff), trafficClass: fc.nat(7), ttl: fc.nat(255) })
const ipAddress = fc.oneof(
  fc.nat(0xffffffff).map(ipv4),
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => ipv6FromBytes(bytes)),
)
const word = fc.nat(0xffffffff)
const information: fc.Arbitrary<InterfaceInformation> = fc.record(
  {
    role: fc.constantFrom(...INTERFACE_ROLES),
    index: word,
    address: ipAddress,
    name: fc.string({ unit: 'grapheme', maxLength: 15 }).filter((text) => !text.includes('\0') && text.length < 16),
    mtu: word,
  },
  { requiredKeys: ['role'] },
)
const shortName = (text = ''): boolean => new TextEncoder().encode(text).length <= 63

describe('extensions behind a quotation', () => {
  it('are read back as they were written, with a right checksum, behind 128 bytes at least', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(label, { minLength: 1, maxLength: 6 }),
        (quoted, labels) => {
          const extensions = buildIcmpExtensions([
            {
              classNumber: ICMP_EXTENSION_CLASS.mplsLabelStack,
              type: MPLS_INCOMING_STACK,
              payload: buildMplsLabels(labels),
            },
          ])
          expect(checksum(extensions, 0, extensions.length)).toBe(0)
          const { body, words } = extendQuotation(quoted, extensions, 4)
          const bytes = new Uint8Array(8 + body.length)
          writeIcmpError(bytes, 0, { type: 11, code: 0, rest: words << 16, quoted: body })
          const message = readIcmp(bytes, 0, bytes.length)!
          expect(message.checksumRight).toBe(true)
          expect(message.payloadBytes).toBe(Math.max(128, Math.ceil(quoted.length / 4) * 4))
          expect(bytes.slice(8, 8 + quoted.length)).toEqual(quoted)
          const [object, ...more] = readIcmpExtensions(bytes, message.extensionsOffset, message.extensionsBytes)!
          expect(more).toEqual([])
          expect(object).toMatchObject({ classNumber: 1, type: 1 })
          expect(readMplsLabels(bytes, object!.payloadOffset, object!.payloadBytes)).toEqual(
            labels.map((each, index) => ({ ...each, bottomOfStack: index === labels.length - 1 })),
          )
        },
      ),
    )
  })

  it('lie on a 64-bit boundary for ICMPv6', () => {
    const { body, words } = extendQuotation(new Uint8Array(133).fill(7), Uint8Array.of(1, 2, 3, 4), 8)
    expect([words, body.length]).toEqual([17, 140])
    expect([...body.slice(133)]).toEqual([0, 0, 0, 1, 2, 3, 4])
  })
})

describe('interface information', () => {
  it('is laid out as RFC 5837 says', () => {
    const { type, payload } = buildInterfaceInformation({
      role: 'outgoing',
      index: 7,
      address: ipv4(0xc0000201),
      name: 'xe-0/1',
      mtu: 9000,
    })
    expect(type).toBe(0x8f)
    const hex = ['00000007', '00010000c0000201', '0878652d302f3100', '00002328'].join('')
    expect(Buffer.from(payload).toString('hex')).toBe(hex)
  })

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(information, (written) => {
        fc.pre(shortName(written.name))
        const { type, payload } = buildInterfaceInformation(written)
        expect(payload.length % 4).toBe(0)
        expect(readInterfaceInformation(payload, 0, payload.length, type)).toEqual(written)
      }),
    )
  })

  it('cut anywhere is null', () => {
    fc.assert(
      fc.property(information, fc.nat(200), (written, keep) => {
        fc.pre(shortName(written.name))
        const { type, payload } = buildInterfaceInformation(written)
        if (keep < payload.length) expect(readInterfaceInformation(payload, 0, keep, type)).toBeNull()
      }),
    )
  })

  it('cuts a long name between characters', () => {
    const { type, payload } = buildInterfaceInformation({ role: 'incoming', name: 'ä'.repeat(40) })
    expect(payload.length).toBe(64)
    expect(readInterfaceInformation(payload, 0, 64, type)?.name).toBe('ä'.repeat(31))
  })
})
