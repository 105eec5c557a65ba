import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Connection, INITIATORS, NAME_SOURCES, TCP_STATES } from '../../src/core/connection.ts'
import {
  addConnection,
  connectionBatchFrom,
  connectionBatchMessage,
  connectionOf,
  HAS_ENDED,
  makeConnectionBatch,
} from '../../src/core/connection-batch.ts'
import { type Ipv6, ipv4 } from '../../src/core/ip.ts'

const count = fc.nat(2 ** 53 - 1)
const text = fc.option(fc.string({ maxLength: 8 }))
const port = fc.nat(65_535)
const addresses = fc.oneof(
  fc.tuple(fc.nat(0xffff_ffff), fc.nat(0xffff_ffff)).map(([local, remote]) => [ipv4(local), ipv4(remote)] as const),
  fc
    .tuple(fc.bigInt(0n, 2n ** 128n - 1n), fc.bigInt(0n, 2n ** 128n - 1n))
    .map(([local, remote]) => [local as Ipv6, remote as Ipv6] as const),
)

const connection: fc.Arbitrary<Connection> = fc
  .record({
    ...{ id: count, protocol: fc.nat(255), addresses, localPort: port, remotePort: port },
    initiator: fc.constantFrom(...INITIATORS),
    ...{ packetsOut: count, bytesOut: count, packetsIn: count, bytesIn: count, firstUs: count, lastUs: count },
    tcpState: fc.option(fc.constantFrom(...TCP_STATES)),
    rttUs: fc.option(fc.nat(2 ** 32 - 2)),
    ...{ name: text, nameSource: fc.constantFrom(...NAME_SOURCES), process: text, device: text },
  })
  .map(({ addresses: [local, remote], ...rest }) => ({ ...rest, local, remote }))

it('gives back what was put in, on the other side of a thread, too', () => {
  fc.assert(
    fc.property(fc.array(connection, { maxLength: 16 }), (connections) => {
      const batch = makeConnectionBatch(16)
      // What was there before must not shine through.
      batch.local.fill(0xffff_ffff)
      batch.remote.fill(0xffff_ffff)
      for (const each of connections) addConnection(batch, each, HAS_ENDED)
      const carried = connectionBatchFrom(structuredClone(connectionBatchMessage(batch)))
      expect(carried.count).toBe(connections.length)
      expect(connections.map((_, row) => connectionOf(carried, row))).toEqual(connections)
      expect([...carried.ended.subarray(0, carried.count)]).toEqual(connections.map(() => HAS_ENDED))
    }),
    { seed: 3 },
  )
})
