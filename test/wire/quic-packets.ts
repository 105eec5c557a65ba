/** A QUIC client's Initials as RFC 9001, sections 5.3 and 5.4, seal them. */

import { createCipheriv } from 'node:crypto'
import { QUIC_VERSION, quicClientKeys } from '../../src/wire/quic-initial-keys.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'))

export const RFC_CONNECTION_ID = hex('8394c8f03e515708')

/** RFC 9001, appendix A.2: one CRYPTO frame. */
export const RFC_FRAME = hex(
  '060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c00000413011302010000c000000010000e00000b6578' +
    '616d706c652e636f6dff01000100000a00080006001d0017001800100007000504616c706e000500050100000000003300260024001d00209370b2c9caa47fba' +
    'baf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b0003020304000d0010000e0403050306030203080408050806002d00020101001c0002400100' +
    '3900320408ffffffffffffffff05048000ffff07048000ffff0801100104800075300901100f088394c8f03e51570806048000ffff',
)

export const cryptoFrame = (at: number, data: Uint8Array): Uint8Array =>
  Buffer.concat([Uint8Array.of(6, 0x80, 0, at >>> 8, at, 0x40 | (data.length >>> 8), data.length), data])

export interface InitialOptions {
  version?: number
  connectionId?: Uint8Array
  /** Whose keys: the client's first destination, which is `connectionId` when absent. */
  keysFrom?: Uint8Array
  number?: number
  /** Bytes of the packet number. */
  numberBytes?: number
  token?: Uint8Array
  /** Payload with padding. */
  payloadBytes?: number
}

/** One packet around the frames, padded. */
export const sealInitial = (frames: Uint8Array, options: InitialOptions = {}): Uint8Array => {
  const { version = QUIC_VERSION.v1, connectionId = RFC_CONNECTION_ID, number = 0, numberBytes = 4 } = options
  const { keysFrom = connectionId, token = new Uint8Array(), payloadBytes = 1162 } = options
  const { key, iv, headerKey } = quicClientKeys(version, keysFrom)!
  const payload = new Uint8Array(payloadBytes)
  payload.set(frames)
  const packetNumber = Buffer.alloc(4)
  packetNumber.writeUInt32BE(number)
  const versionBytes = Buffer.alloc(4)
  versionBytes.writeUInt32BE(version)
  const length = numberBytes + payloadBytes + 16
  const header = Buffer.concat([
    Uint8Array.of((version === QUIC_VERSION.v2 ? 0xd0 : 0xc0) | (numberBytes - 1)),
    versionBytes,
    Uint8Array.of(connectionId.length),
    connectionId,
    Uint8Array.of(0, token.length),
    token,
    Uint8Array.of(0x40 | (length >>> 8), length),
    packetNumber.subarray(4 - numberBytes),
  ])
  const nonce = Buffer.from(iv)
  for (let i = 0; i < 4; i += 1) nonce[8 + i]! ^= packetNumber[i]!
  const cipher = createCipheriv('aes-128-gcm', key, nonce)
  cipher.setAAD(header)
  const sealed = Buffer.concat([cipher.update(payload), cipher.final(), cipher.getAuthTag()])
  const mask = createCipheriv('aes-128-ecb', headerKey, null).update(sealed.subarray(4 - numberBytes, 20 - numberBytes))
  header[0]! ^= mask[0]! & 15
  for (let i = 0; i < numberBytes; i += 1) header[header.length - numberBytes + i]! ^= mask[1 + i]!
  return Buffer.concat([header, sealed])
}
