/** What holds for every probe module: a new one is tested as soon as it is in the index and has an honest answer. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ipv4 } from '../../../src/core/ip.ts'
import { makeReplyBatch, REPLY_SUCCESS, type ReplyBatch } from '../../../src/core/reply-batch.ts'
import { cookieKey, fillCookie, makeCookie } from '../../../src/probe/cookie.ts'
import { type ProbeModule, REJECTIONS } from '../../../src/probe/modules/contract.ts'
import { probeModules } from '../../../src/probe/modules/index.ts'
import { readUint16, writeUint16, writeUint32 } from '../../../src/wire/bytes.ts'
import { checksum, pseudoHeaderSum } from '../../../src/wire/checksum.ts'
import { readIpv4, verifiesIpv4Checksum } from '../../../src/wire/ipv4.ts'
import { build, PORTS, prepare, read, SOURCE, setupOf, spanOf } from './harness.ts'
import { honestAnswers } from './honest-answer.ts'

const target = fc.tuple(fc.nat(0xffffffff), fc.nat(65535), fc.nat(1))
const PROTOCOLS = { icmp: 1, tcp: 6, udp: 17 } as const
/** The length of the transport header without which nothing is accepted. */
const HEADERS = { icmp: 8, tcp: 20, udp: 8 } as const

/** All fields can be read, and are of the type that they say. */
const expectFieldsToBeRight = (module: ProbeModule, batch: ReplyBatch): void => {
  for (const { name, type, get } of module.fields) {
    const value = get(batch, 0, {})
    if (value === null) continue
    const types = { string: 'string', int: 'number', bool: 'boolean', binary: 'string', json: 'string' }
    expect([name, typeof value]).toEqual([name, types[type]])
    if (type === 'json') expect(Array.isArray(JSON.parse(String(value)))).toBe(true)
    if (type === 'binary') expect(value).toMatch(/^(?:[0-9a-f]{2})+$/)
    if (type === 'int') expect(Number.isSafeInteger(value)).toBe(true)
  }
}

describe.each(probeModules.entries.map((module) => [module.name, module] as const))(
  'probe module %s',
  (name, module) => {
    const probe = prepare(name)
    const portOf = (port: number): number => (module.usesPorts ? port : 0)
    const honestAnswer = honestAnswers[name]!

    it('describes itself', () => {
      expect(module.help).toMatch(/^[A-Z].+[^.]$/)
      expect(module.name).toMatch(/^[a-z][a-z-]*$/)
      expect(module.success.length).toBeGreaterThan(0)
      const names = module.fields.map((field) => field.name)
      expect(names.filter((each, at) => names.indexOf(each) !== at)).toEqual([])
      expect(module.fields.filter((field) => field.help === '')).toEqual([])
      if (module.argsHelp === null) expect(() => prepare(name, { args: 'x' })).toThrow('takes no --probe-args')
      else
        expect(() => prepare(name, { args: 'no:such-args' })).toThrow('does not understand --probe-args "no:such-args"')
      expect(module.argsFile?.('text:x') ?? null).toBeNull()
    })

    it('builds packets with right lengths, checksums, addresses and TTL', () => {
      fc.assert(
        fc.property(target, ([address, port, copy]) => {
          const packet = build(probe, address, portOf(port), copy)
          expect(packet.length).toBeLessThanOrEqual(probe.packetBytes)
          const outer = readIpv4(packet, 0, packet.length)!
          expect(outer.protocol).toBe(module.probeProtocol ?? PROTOCOLS[module.protocol])
          expect(verifiesIpv4Checksum(packet, 0, packet.length)).toBe(true)
          expect([outer.totalLength, outer.ttl, outer.destination, outer.source]).toEqual([
            packet.length,
            77,
            address,
            SOURCE,
          ])
          const inner = outer.protocol === 4 ? readIpv4(packet, 20, packet.length - 20)! : outer
          const payload = packet.subarray(inner.payloadOffset)
          const pseudo =
            module.protocol === 'icmp'
              ? 0
              : pseudoHeaderSum(inner.source, inner.destination, inner.protocol, payload.length)
          expect(checksum(payload, 0, payload.length, pseudo)).toBe(0)
          if (module.usesPorts) expect(readUint16(payload, 2)).toBe(port)
          if (module.protocol === 'udp') expect(readUint16(payload, 4)).toBe(payload.length)
        }),
      )
    })

    it('accepts an honest answer to any copy as a success, and names its port', () => {
      fc.assert(
        fc.property(target, ([address, port, copy]) => {
          const { verdict, batch } = read(
            module,
            probe,
            honestAnswer(build(probe, address, portOf(port), copy)),
            address,
          )
          expect([verdict, batch.flags[0], batch.port[0]]).toEqual(['accepted', REPLY_SUCCESS, portOf(port)])
          if (module.usesPorts) expect(batch.localPort[0]).toBeGreaterThanOrEqual(PORTS.first)
          expect(batch.heapUsed).toBeLessThanOrEqual(module.keepsBytes)
          expectFieldsToBeRight(module, batch)
        }),
      )
    })

    it('sends from any of several addresses, always the same to one target', () => {
      const sources = [SOURCE, ipv4(SOURCE + 1), ipv4(SOURCE + 2)]
      const several = prepare(name, { sourceAddresses: sources })
      const chosen = Array.from({ length: 64 }, (_, i) => {
        const packets = [0, 1].map((copy) => build(several, 0x0a000000 + i, portOf(443), copy))
        expect(read(module, several, honestAnswer(packets[0]!), 0x0a000000 + i).verdict).toBe('accepted')
        return packets.map((packet) => readIpv4(packet, 0, packet.length)!.source)
      })
      expect(new Set(chosen.flat())).toEqual(new Set(sources))
      expect(chosen.every(([first, second]) => first === second)).toBe(true)
      expect(several.recipe).toBeUndefined()
    })

    it('recognises its probe when an ICMP error quotes eight bytes of it', () => {
      fc.assert(
        fc.property(target, ([address, port]) => {
          const quoted = build(probe, address, portOf(port)).slice(0, 28)
          const batch = makeReplyBatch(8, 4096)
          expect(probe.readQuoted(spanOf(quoted, 20), address, batch, 0)).toBe('accepted')
          expect(probe.readQuoted(spanOf(quoted, 20), (address ^ 0x10) >>> 0, batch, 0)).not.toBe('accepted')
        }),
        { numRuns: 50, seed: 1 },
      )
    })

    it('names the port of a probe that is quoted whole', () => {
      const packet = build(probe, 0x01020304, portOf(443), 1)
      const batch = makeReplyBatch(8, 4096)
      expect(probe.readQuoted(spanOf(packet, 20), 0x01020304, batch, 0)).toBe('accepted')
      expect(batch.port[0]).toBe(portOf(443))
    })

    it('refuses an answer from another address or run', () => {
      const address = ipv4(0x01020304)
      const answer = honestAnswer(build(probe, address, portOf(443)))
      expect(read(module, probe, answer, address + 1).verdict).toBe('cookie')
      expect(read(module, prepare(name, { key: cookieKey('another seed') }), answer, address).verdict).toBe('cookie')
    })

    if (module.usesPorts)
      it('takes answers from another port only when told so', () => {
        const verdicts = [true, false].map((validatesPort) => {
          const told = prepare(name, { validatesPort })
          const answer = honestAnswer(build(told, 0x01020304, 443))
          writeUint16(answer, module.mirrorsPorts === true ? 2 : 0, 444)
          const { verdict, batch } = read(module, told, answer, 0x01020304)
          return verdict === 'accepted' ? batch.port[0] : verdict
        })
        expect(verdicts).toEqual(['cookie', 444])
      })

    it('reads an answer that is cut at any byte without an exception, and nothing without a header', () => {
      const answer = honestAnswer(build(probe, 0x01020304, portOf(443)))
      for (let length = 0; length < answer.length; length += 1) {
        const { verdict, batch } = read(module, probe, answer.slice(0, length), 0x01020304)
        if (length < HEADERS[module.protocol]) expect(verdict).toBe('malformed')
        if (verdict === 'accepted') expectFieldsToBeRight(module, batch)
        else expect(REJECTIONS).toContain(verdict)
      }
    })

    it('accepts no random bytes', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
          expect(REJECTIONS).toContain(read(module, probe, bytes, 0x01010101).verdict)
          if (bytes.length < 28) return
          expect(REJECTIONS).toContain(probe.readQuoted(spanOf(bytes, 20), 0x01010101, makeReplyBatch(8), 0))
        }),
        { numRuns: 1000, seed: 2 },
      )
    })

    it('reads whatever a service says behind a right header', () => {
      const answer = honestAnswer(build(probe, 0x01020304, portOf(443)))
      const headerBytes = HEADERS[module.protocol]
      const change = fc.tuple(fc.nat(answer.length - 1), fc.nat(255))
      fc.assert(
        fc.property(fc.array(change, { maxLength: 6 }), fc.uint8Array({ maxLength: 40 }), (changes, more) => {
          const changed = Uint8Array.from([...answer, ...more])
          for (const [at, byte] of changes) if (at >= headerBytes) changed[at] = byte
          if (module.protocol === 'udp') writeUint16(changed, 4, changed.length)
          const { verdict, batch } = read(module, probe, changed, 0x01020304)
          if (verdict === 'accepted') expectFieldsToBeRight(module, batch)
          else expect(REJECTIONS).toContain(verdict)
        }),
        { numRuns: 300 },
      )
    })

    if (probe.recipe !== undefined)
      it('is what its recipe says', () => {
        const { template, cookieKey: key, cookieHasPort, fields, checksum: sum } = probe.recipe!
        fc.assert(
          fc.property(target, ([address, port, copy]) => {
            const cookie = makeCookie()
            fillCookie(cookie, key, address, cookieHasPort ? portOf(port) : 0)
            const made = template.slice()
            writeUint32(made, 16, address)
            writeUint16(made, 4, cookie.second >>> 16)
            for (const field of fields) {
              if (field.value === 'port') writeUint16(made, field.at, portOf(port))
              else if (field.value === 'cookie') writeUint32(made, field.at, cookie.first)
              else writeUint16(made, field.at, field.base + ((cookie[field.word] + copy) % field.count))
            }
            writeUint16(made, 10, checksum(made, 0, 20))
            const length = made.length - sum.from
            const pseudo = sum.pseudoHeader ? pseudoHeaderSum(SOURCE, address, made[9]!, length) : 0
            const value = checksum(made, sum.from, length, pseudo)
            writeUint16(made, sum.at, value === 0 && sum.zeroIsOnes ? 0xffff : value)
            expect(made).toEqual(build(probe, address, portOf(port), copy))
          }),
        )
      })
  },
)

describe('probe modules', () => {
  it('go by the names that zmap has for them', () => {
    const zmap = [
      'tcp_synscan',
      'tcp_synackscan',
      'icmp_echoscan',
      'icmp_echo_time',
      'udp',
      'ntp',
      'upnp',
      'dns',
      'bacnet',
      'ipip',
    ]
    expect(zmap.map((name) => probeModules.get(name).name)).toEqual([
      'tcp-syn',
      'tcp-synack',
      'icmp-echo',
      'icmp-echo-time',
      'udp',
      'ntp',
      'upnp',
      'dns',
      'bacnet',
      'ipip',
    ])
  })

  it('have recipes where all probes are alike', () => {
    const withRecipe = probeModules.entries.filter((module) => module.prepare(setupOf()).recipe !== undefined)
    expect(withRecipe.map((module) => module.name)).toEqual(['icmp-echo', 'tcp-syn', 'udp', 'upnp'])
  })

  it('put who scans where there is room and nowhere else', () => {
    const said = probeModules.entries.filter((module) => {
      const packet = build(module.prepare(setupOf({ contact: 'scans@example.org' })), 1, module.usesPorts ? 1 : 0)
      return Buffer.from(packet).toString('latin1').includes('scans@example.org')
    })
    expect(said.map((module) => module.name)).toEqual(['icmp-echo', 'udp'])
  })

  it('lists the known ones for an unknown name', () => {
    expect(() => probeModules.get('tcp')).toThrow('there is no probe module named "tcp"')
  })
})
