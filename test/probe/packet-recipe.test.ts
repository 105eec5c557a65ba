import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ipv4 } from '../../src/core/ip.ts'
import type { PacketRecipe } from '../../src/link/contract.ts'
import { fillCookie, makeCookie } from '../../src/probe/cookie.ts'
import { probeModules } from '../../src/probe/modules/index.ts'
import { prepareProbe } from '../../src/probe/scan-plan.ts'
import { cidrSet } from '../../src/targets/cidr-set.ts'
import { makeTargetSet } from '../../src/targets/target-set.ts'
import { readUint16, writeUint16, writeUint32 } from '../../src/wire/bytes.ts'
import { checksum, pseudoHeaderSum } from '../../src/wire/checksum.ts'
import { IPV4_HEADER_BYTES, IPV4_OFFSET, readIpv4 } from '../../src/wire/ipv4.ts'
import { testPlan } from './test-plan.ts'

const ANYWHERE = makeTargetSet(cidrSet([{ first: ipv4(1), last: ipv4(1) }]), Uint16Array.of(1))

/** The recipe followed to the letter of its contract, without any sum made beforehand. */
const cook = (recipe: PacketRecipe, address: number, port: number, copy: number): Uint8Array => {
  const packet = recipe.template.slice()
  const cookie = makeCookie()
  fillCookie(cookie, recipe.cookieKey, address, recipe.cookieHasPort ? port : 0)
  writeUint16(packet, IPV4_OFFSET.id, cookie.second >>> 16)
  writeUint32(packet, IPV4_OFFSET.destination, address)
  writeUint16(packet, IPV4_OFFSET.checksum, checksum(packet, 0, IPV4_HEADER_BYTES))
  for (const field of recipe.fields) {
    if (field.value === 'port') writeUint16(packet, field.at, port)
    else if (field.value === 'cookie') writeUint32(packet, field.at, cookie.first)
    else writeUint16(packet, field.at, field.base + ((cookie[field.word] + copy) % field.count))
  }
  const { at, from, pseudoHeader, zeroIsOnes } = recipe.checksum
  const { source, destination, protocol } = readIpv4(packet, 0, packet.length)!
  const length = packet.length - from
  const sum = checksum(packet, from, length, pseudoHeader ? pseudoHeaderSum(source, destination, protocol, length) : 0)
  writeUint16(packet, at, sum === 0 && zeroIsOnes ? 0xffff : sum)
  return packet
}

const setup = {
  seed: fc.string(),
  address: fc.integer({ min: 0, max: 0xffffffff }),
  port: fc.integer({ min: 0, max: 65535 }),
  copy: fc.integer({ min: 0, max: 254 }),
  source: fc.integer({ min: 0, max: 0xffffffff }).map((value) => ipv4(value)),
  firstPort: fc.integer({ min: 1, max: 65535 }),
  portCount: fc.integer({ min: 1, max: 65535 }),
  probeTtl: fc.integer({ min: 1, max: 255 }),
  validatesPort: fc.boolean(),
}

describe('packet recipe', () => {
  const withRecipe = probeModules.entries.filter(
    ({ name }) => prepareProbe(testPlan(ANYWHERE, { module: name })).recipe !== undefined,
  )

  it('is there for the plain probes', () => {
    expect(withRecipe.map(({ name }) => name)).toEqual(expect.arrayContaining(['icmp-echo', 'tcp-syn', 'udp']))
  })

  it.each(withRecipe.map(({ name }) => name))('of %s makes what the module itself makes', (module) => {
    fc.assert(
      fc.property(fc.record(setup), ({ seed, address, port, copy, source, firstPort, portCount, ...rest }) => {
        const sourcePorts = { first: firstPort, last: Math.min(65535, firstPort + portCount - 1) }
        const plan = testPlan(ANYWHERE, { module, seed, copies: 255, sourceAddresses: [source], sourcePorts, ...rest })
        const probe = prepareProbe(plan)
        const bytes = new Uint8Array(probe.packetBytes)
        probe.writeTemplate(bytes, 0)
        const length = probe.writeTarget(bytes, 0, address, port, copy)
        const cooked = cook(probe.recipe!, address, port, copy)
        expect(cooked).toEqual(bytes.subarray(0, length))
        expect(readUint16(cooked, IPV4_OFFSET.totalLength)).toBe(cooked.length)
      }),
      { numRuns: 300 },
    )
  })

  it('is absent when probes come from several addresses', () => {
    const sourceAddresses = [ipv4(1), ipv4(2)]
    expect(prepareProbe(testPlan(ANYWHERE, { module: 'tcp-syn', sourceAddresses })).recipe).toBeUndefined()
  })
})
