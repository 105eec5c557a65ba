/** ClientHellos as the TLS library of this Node.js sends them: made with no network, by a client whose connection is a stream in memory. */

import { Duplex } from 'node:stream'
import { connect } from 'node:tls'

/** The first record(s) of a client that asks for `name`, or for none. */
export const clientHello = (name: string | undefined, protocols: readonly string[] = []): Promise<Uint8Array> =>
  new Promise((resolve) => {
    const socket = new Duplex({
      read: () => undefined,
      write(chunk: Buffer, _encoding, done) {
        resolve(Uint8Array.from(chunk))
        done()
      },
    })
    const client = connect({
      socket,
      ...(name === undefined ? {} : { servername: name }),
      ...(protocols.length > 0 ? { ALPNProtocols: [...protocols] } : {}),
    })
    client.on('error', () => undefined)
  })

/** The same handshake message in records of `size` bytes each. */
export const inRecords = (hello: Uint8Array, size: number): Uint8Array => {
  const message = hello.subarray(5)
  const records: Uint8Array[] = []
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size)
    records.push(Uint8Array.of(22, 3, 1, part.length >>> 8, part.length), part)
  }
  return Buffer.concat(records)
}
