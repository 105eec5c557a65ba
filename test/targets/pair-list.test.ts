import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatIpv4, ipv4 } from '../../src/core/ip.ts'
import { ALL_IPV4, cidrSet } from '../../src/targets/cidr-set.ts'
import { makePairParser, selectPairs } from '../../src/targets/pair-list.ts'
import { makePairSet, newTargetBatch, walkTargets } from '../../src/targets/target-set.ts'
import { errorCode } from '../error-code.ts'

const parse = (text: string, ignoreErrors = false): { pairs: string[]; badLines: number } => {
  const parser = makePairParser({ origin: 'pairs.txt', expected: 1, ignoreErrors, withPorts: true })
  parser.feed(new TextEncoder().encode(text))
  const pairs = [...parser.end()].map((key) => `${formatIpv4(Math.floor(key / 65536))}:${key % 65536}`)
  return { pairs, badLines: parser.badLines }
}

const pairArbitrary = fc.tuple(fc.integer({ min: 0, max: 0xffffffff }), fc.integer({ min: 0, max: 65535 }))

describe('list of pairs', () => {
  it.each([
    ['colon', '192.0.2.1:80\n', ['192.0.2.1:80']],
    ['comma, no last line feed', '192.0.2.1,80\n192.0.2.2,443', ['192.0.2.1:80', '192.0.2.2:443']],
    ['space, carriage returns', '192.0.2.1 80\r\n192.0.2.2\t1\r\n', ['192.0.2.1:80', '192.0.2.2:1']],
    ['a table with a head and more columns', 'saddr,sport,ttl\n192.0.2.1,80,64\n', ['192.0.2.1:80']],
    ['comments and blank lines', '# list\n\n192.0.2.1:80 # web\n  \n', ['192.0.2.1:80']],
    ['the ends of both ranges', '0.0.0.0:0\n255.255.255.255:65535\n', ['0.0.0.0:0', '255.255.255.255:65535']],
    ['nothing', '', []],
  ])('reads %s', (_name, text, pairs) => {
    expect(parse(text).pairs).toEqual(pairs)
  })

  it.each([
    ['no port', '192.0.2.1\n', 1],
    ['a port too large', '192.0.2.1:80\n192.0.2.1:65536\n', 2],
    ['an octet too large', '192.0.2.256:80\n', 1],
    ['a name', '192.0.2.1:80\nexample.com:80\n', 2],
    ['three octets', '1.2.3:80\n', 1],
    ['letters behind the port', '1.2.3.4:80x\n', 1],
  ])('refuses %s by its line, or counts it', (_name, text, line) => {
    expect(() => parse(text)).toThrow(`pairs.txt:${line}:`)
    expect(errorCode(() => parse(text))).toBe('ERR_INPUT_FILE')
    expect(parse(text, true).badLines).toBe(1)
  })

  it('of addresses alone has port 0', () => {
    const parser = makePairParser({ origin: 'x', expected: 1, ignoreErrors: false, withPorts: false })
    parser.feed(new TextEncoder().encode('saddr\n192.0.2.1\n192.0.2.2,80\r\n192.0.2.3 # c\n'))
    expect([...parser.end()].map((key) => [formatIpv4(Math.floor(key / 65536)), key % 65536])).toEqual([
      ['192.0.2.1', 0],
      ['192.0.2.2', 0],
      ['192.0.2.3', 0],
    ])
    expect(() => parser.feed(new TextEncoder().encode('192.0.2.1.5\n'))).toThrow('x:5: "192.0.2.1.5" is not an address')
  })

  it('reads the same whatever the pieces are cut like', () => {
    fc.assert(
      fc.property(fc.array(pairArbitrary, { maxLength: 40 }), fc.array(fc.nat(9), { minLength: 1 }), (pairs, cuts) => {
        const bytes = new TextEncoder().encode(pairs.map(([a, p]) => `${formatIpv4(a)}:${p}\n`).join(''))
        const parser = makePairParser({ origin: 'x', expected: 1, ignoreErrors: false, withPorts: true })
        let from = 0
        for (let i = 0; from < bytes.length; i += 1) {
          const to = from + cuts[i % cuts.length]! + 1
          parser.feed(bytes.subarray(from, to))
          from = to
        }
        expect([...parser.end()]).toEqual(pairs.map(([a, p]) => a * 65536 + p))
      }),
    )
  })

  it('is walked in random order, each allowed pair once, in any number of shards', () => {
    fc.assert(
      fc.property(
        fc.array(pairArbitrary, { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 1, max: 5 }),
        (pairs, shards) => {
          const set = makePairSet(
            selectPairs(
              Float64Array.from(pairs, ([a, p]) => a * 65536 + p),
              ALL_IPV4,
            ).pairs,
            ALL_IPV4,
          )
          const seen: number[] = []
          const batch = newTargetBatch(16)
          for (let shard = 0; shard < shards; shard += 1) {
            const walk = walkTargets(set, { seed: 's', shard, shards })
            while (walk.next(batch, 16, 1) > 0) {
              for (let i = 0; i < batch.count; i += 1) seen.push(batch.addresses[i]! * 65536 + batch.ports[i]!)
            }
          }
          expect(seen.sort((a, b) => a - b)).toEqual(
            [...new Set(pairs.map(([a, p]) => a * 65536 + p))].sort((a, b) => a - b),
          )
        },
      ),
    )
  })

  it('leaves out what may not be probed, and counts it', () => {
    const allowed = cidrSet([{ first: ipv4(100), last: ipv4(199) }])
    const keys = Float64Array.of(99, 100, 100, 199, 200).map((address) => address * 65536 + 80)
    const { pairs, repeated, leftOut } = selectPairs(keys, allowed)
    expect([...pairs.addresses]).toEqual([100, 199])
    expect([...pairs.ports]).toEqual([80, 80])
    expect({ repeated, leftOut }).toEqual({ repeated: 1, leftOut: 2 })
  })

  it('has to hold something', () => {
    const none = selectPairs(new Float64Array(0), ALL_IPV4).pairs
    expect(errorCode(() => makePairSet(none, ALL_IPV4))).toBe('ERR_NO_TARGETS')
  })
})
