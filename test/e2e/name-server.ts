/** A name server on 127.0.0.1 that knows a few names of addresses. */

import { createSocket } from 'node:dgram'
import type { AddressInfo } from 'node:net'

export interface NameServer {
  /** For --dns-server. */
  address: string
  close(): void
}

const HEADER_BYTES = 12
const PTR = 12
const IN = 1
const NAME_POINTER = 0xc00c
const NO_SUCH_NAME = 0x8183
const ANSWERED = 0x8180

const labels = (name: string): Buffer =>
  Buffer.concat([
    ...name.split('.').map((label) => Buffer.concat([Buffer.of(Buffer.byteLength(label)), Buffer.from(label)])),
    Buffer.of(0),
  ])

/** @returns the first labels of the question: of 1.0.1.250.in-addr.arpa "1.0.1.250". */
const askedFor = (query: Buffer): { name: string; end: number } => {
  const parts: string[] = []
  let at = HEADER_BYTES
  for (let length = query[at]!; length > 0; length = query[at]!) {
    parts.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: parts.slice(0, 4).join('.'), end: at + 5 }
}

/** @param names reversed address → name; null = it says nothing at all. */
export const startNameServer = (names: ReadonlyMap<string, string> | null): Promise<NameServer> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4')
    socket.on('message', (query, { port, address }) => {
      if (names === null) return
      const { name, end } = askedFor(query)
      const found = names.get(name)
      const header = Buffer.from(query.subarray(0, end))
      header.writeUInt16BE(found === undefined ? NO_SUCH_NAME : ANSWERED, 2)
      header.writeUInt16BE(found === undefined ? 0 : 1, 6)
      header.writeUInt16BE(0, 10)
      const answer = Buffer.alloc(12)
      answer.writeUInt16BE(NAME_POINTER, 0)
      answer.writeUInt16BE(PTR, 2)
      answer.writeUInt16BE(IN, 4)
      answer.writeUInt32BE(60, 6)
      const data = found === undefined ? Buffer.alloc(0) : labels(found)
      answer.writeUInt16BE(data.length, 10)
      socket.send(found === undefined ? header : Buffer.concat([header, answer, data]), port, address)
    })
    socket.bind(0, '127.0.0.1', () => {
      resolve({ address: `127.0.0.1:${(socket.address() as AddressInfo).port}`, close: () => socket.close() })
    })
  })
