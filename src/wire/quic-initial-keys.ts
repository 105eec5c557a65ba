/**
 * Keys of a QUIC client's first packets. They hide nothing from whoever reads the packet: everybody derives them from its destination connection id
 * (RFC 9001, section 5.2; version 2: RFC 9369, section 3.3), by HKDF with SHA-256 (RFC 5869) and the labels of TLS 1.3 (RFC 8446, section 7.1).
 */

import { createHmac } from 'node:crypto'

export const QUIC_VERSION = { v1: 1, v2: 0x6b3343cf } as const

export interface QuicKeys {
  key: Uint8Array
  iv: Uint8Array
  /** Of the header protection. */
  headerKey: Uint8Array
}

const SALTS: ReadonlyMap<number, { salt: Uint8Array; prefix: string }> = new Map([
  [QUIC_VERSION.v1, { salt: Buffer.from('38762cf7f55934b34d179ae6a4c80cadccbb7f0a', 'hex'), prefix: 'quic' }],
  [QUIC_VERSION.v2, { salt: Buffer.from('0dede3def700a6db819381be6e269dcbf9bd2ed9', 'hex'), prefix: 'quicv2' }],
])
const SECRET_BYTES = 32
const KEY_BYTES = 16
const IV_BYTES = 12

const hmac = (key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array => {
  const mac = createHmac('sha256', key)
  for (const part of parts) mac.update(part)
  return mac.digest()
}

/** HKDF-Expand-Label without context, for at most one block of SHA-256. */
const expand = (secret: Uint8Array, label: string, bytes: number): Uint8Array => {
  const name = Buffer.from(`tls13 ${label}`, 'latin1')
  const head = Uint8Array.of(bytes >>> 8, bytes, name.length)
  return hmac(secret, head, name, Uint8Array.of(0, 1)).subarray(0, bytes)
}

/** Null for versions of which nothing is known. @param connectionId the destination's, of the client's first packet. */
export const quicClientKeys = (version: number, connectionId: Uint8Array): QuicKeys | null => {
  const found = SALTS.get(version)
  if (found === undefined) return null
  const secret = expand(hmac(found.salt, connectionId), 'client in', SECRET_BYTES)
  return {
    key: expand(secret, `${found.prefix} key`, KEY_BYTES),
    iv: expand(secret, `${found.prefix} iv`, IV_BYTES),
    headerKey: expand(secret, `${found.prefix} hp`, KEY_BYTES),
  }
}
