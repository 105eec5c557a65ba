import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FlowTable } from '../../../src/sources/flows/flow-table.ts'
import { PacketTuple } from '../../../src/wire/packet-tuple.ts'

const tupleOf = (port: number, isIpv6: boolean, isBack: boolean): PacketTuple => {
  const tuple = new PacketTuple()
  const [from, to] = isBack ? [4, 0] : [0, 4]
  tuple.family = isIpv6 ? 6 : 4
  tuple.protocol = 17
  tuple.words[from] = 0x0a000001
  tuple.words[to] = 0x0a000002
  // Of IPv6 the last word alone tells two hosts apart.
  if (isIpv6) tuple.words[from + 3] = port % 3
  tuple.sourcePort = isBack ? 53 : port
  tuple.destinationPort = isBack ? port : 53
  return tuple
}

describe('the table of flows', () => {
  it('finds and forgets what a Map does, full and with collisions', () => {
    const step = fc.record({
      port: fc.integer({ min: 1, max: 60 }),
      isIpv6: fc.boolean(),
      isBack: fc.boolean(),
      removes: fc.boolean(),
    })
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 16, max: 40 }),
        fc.array(step, { maxLength: 400 }),
        (hashSeed, maxFlows, steps) => {
          const known = new Map<string, number>()
          const keys = new Map<number, string>()
          const forget = (flow: number): void => {
            known.delete(keys.get(flow)!)
            keys.delete(flow)
          }
          const table = new FlowTable({ hashSeed, maxFlows, onEvict: forget })
          for (const { port, isIpv6, isBack, removes } of steps) {
            const key = `${port} ${isIpv6}`
            const tuple = tupleOf(port, isIpv6, isBack)
            const found = table.find(tuple)
            expect(found).toBe(known.get(key) ?? -1)
            if (found < 0) {
              const flow = table.add(tuple)
              known.set(key, flow)
              keys.set(flow, key)
            } else if (removes) {
              table.remove(found)
              forget(found)
            }
            expect(table.count).toBe(known.size)
          }
          for (const [key, flow] of known) {
            const [port, isIpv6] = key.split(' ')
            for (const isBack of [true, false]) {
              expect(table.find(tupleOf(Number(port), isIpv6 === 'true', isBack))).toBe(flow)
            }
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})
