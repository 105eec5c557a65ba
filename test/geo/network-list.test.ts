import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatIp, type IpAddress, type Ipv6, ipv4, parseIp } from '../../src/core/ip.ts'
import { bitsOfAnswer, placeOfAnswer } from '../../src/geo/answer.ts'
import { networkListSource, type PlacedNetwork, parseNetwork } from '../../src/geo/network-list.ts'

describe('networks in text', () => {
  it.each([
    ['10.0.0.0/8', 8],
    ['192.0.2.7', 32],
    ['2001:db8::/32', 32],
    ['::1', 128],
    ['0.0.0.0/0', 0],
    [' 10.0.0.0/8 ', 8],
  ])('%s', (text, bits) => expect(parseNetwork(text)?.bits).toBe(bits))
  it.each(['10.0.0.1/8', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', 'x', '', '2001:db8::1/64', '10.0.0.0/-1'])(
    '"%s" is none',
    (text) => expect(parseNetwork(text)).toBe(null),
  )
})

const widthOf = (address: IpAddress): number => (typeof address === 'number' ? 32 : 128)
const holds = ({ first, bits }: Pick<PlacedNetwork, 'first' | 'bits'>, address: IpAddress): boolean => {
  const width = widthOf(first)
  const shift = BigInt(width - bits)
  return widthOf(address) === width && BigInt(first) >> shift === BigInt(address) >> shift
}

const network = (width: 32 | 128, narrow: bigint) =>
  fc
    .tuple(
      fc.oneof(fc.bigInt(0n, (1n << BigInt(width)) - 1n), fc.bigInt(0n, narrow)),
      fc.integer({ min: 0, max: width }),
    )
    .map(([base, bits]): Pick<PlacedNetwork, 'first' | 'bits'> => {
      const first = (base >> BigInt(width - bits)) << BigInt(width - bits)
      return { first: width === 32 ? ipv4(Number(first)) : (first as Ipv6), bits }
    })

describe('the smallest network around an address answers', () => {
  it.each([32, 128] as const)('of %i bits', (width) => {
    fc.assert(
      fc.property(fc.array(network(width, 4096n), { maxLength: 12 }), (networks) => {
        const list = networks.map((each, i) => ({ ...each, place: { city: String(i) } }))
        const source = networkListSource(list)
        const edge = (1n << BigInt(width)) - 1n
        const addresses = list.flatMap(({ first, bits }) => {
          const last = BigInt(first) + (1n << BigInt(width - bits)) - 1n
          return [BigInt(first), last, BigInt(first) - 1n, last + 1n].filter((value) => value >= 0n && value <= edge)
        })
        for (const value of addresses) {
          const address = width === 32 ? ipv4(Number(value)) : (value as Ipv6)
          const wanted = list
            .filter((each) => holds(each, address))
            .reduce<PlacedNetwork | null>(
              // Of two equal ones the later counts.
              (best, each) => (best === null || each.bits >= best.bits ? each : best),
              null,
            )
          const answer = source.find(address)
          expect(source.place(placeOfAnswer(answer)), formatIp(address)).toEqual(wanted?.place ?? null)
          // The same holds for the whole network of that prefix.
          const shift = BigInt(width - bitsOfAnswer(answer))
          const [low, high] = [(value >> shift) << shift, ((value >> shift) << shift) + (1n << shift) - 1n]
          for (const other of [low, high]) {
            const there = source.find(width === 32 ? ipv4(Number(other)) : (other as Ipv6))
            expect(placeOfAnswer(there)).toBe(placeOfAnswer(answer))
          }
        }
      }),
    )
  })
  it('in columns as alone', () => {
    const source = networkListSource([
      { first: parseIp('10.0.0.0')!, bits: 8, place: { city: 'wide' } },
      { first: parseIp('10.1.0.0')!, bits: 16, place: { city: 'narrow' } },
    ])
    const addresses = Uint32Array.from([0, 0x0a000000, 0x0a00ffff, 0x0a010000, 0x0a01ffff, 0x0a020000, 0xffffffff])
    const sorted = new Uint32Array(addresses.length)
    source.findSorted(addresses, sorted)
    const all = new Uint32Array(addresses.length)
    source.findAll(addresses, all)
    expect([...sorted].map(placeOfAnswer)).toEqual([0, 1, 1, 2, 2, 1, 0])
    expect([...all].map(placeOfAnswer)).toEqual([0, 1, 1, 2, 2, 1, 0])
  })
})
