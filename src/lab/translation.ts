/**
 * What an address translator does to a packet on its way out (RFC 3022 section 4): another source, with `port` another source port
 * or ICMP identifier, and checksums corrected for both (RFC 1624).
 */

import { readUint16, writeUint16, writeUint32 } from '../wire/bytes.ts'
import { updateChecksum } from '../wire/checksum.ts'
import { ICMP_OFFSET } from '../wire/icmp.ts'
import { IP_PROTOCOL, IPV4_OFFSET } from '../wire/ipv4.ts'
import { TCP_OFFSET } from '../wire/tcp.ts'
import { UDP_OFFSET } from '../wire/udp.ts'
import { hashWord } from './keyed-hash.ts'
import type { Probe } from './probe.ts'
import type { RouterState } from './router-state.ts'

/** Where the checksum of the payload lies, or -1 when there is none. */
const checksumOffset = (probe: Probe): number => {
  const { bytes, payload, protocol } = probe
  if (protocol === IP_PROTOCOL.tcp) return payload + TCP_OFFSET.checksum
  if (protocol === IP_PROTOCOL.icmp) return payload + ICMP_OFFSET.checksum
  if (protocol !== IP_PROTOCOL.udp) return -1
  const at = payload + UDP_OFFSET.checksum
  return at + 2 <= bytes.length && readUint16(bytes, at) !== 0 ? at : -1
}

const correct = (bytes: Uint8Array, at: number, oldWord: number, newWord: number): void => {
  if (at < 0 || at + 2 > bytes.length) return
  writeUint16(bytes, at, updateChecksum(readUint16(bytes, at), oldWord, newWord))
}

/** The lowest port that a translator gives out. */
const FIRST_PORT = 1024

const translatePort = (bytes: Uint8Array, probe: Probe, key: number): void => {
  const { protocol, payload } = probe
  const hasPorts = protocol === IP_PROTOCOL.tcp || protocol === IP_PROTOCOL.udp
  if (!hasPorts && protocol !== IP_PROTOCOL.icmp) return
  const at = hasPorts ? payload : payload + ICMP_OFFSET.id
  if (at + 2 > bytes.length) return
  const before = readUint16(bytes, at)
  const after = FIRST_PORT + (hashWord(key, before) % (0x10000 - FIRST_PORT))
  writeUint16(bytes, at, after)
  correct(bytes, checksumOffset(probe), before, after)
}

/** Turns `bytes`, a copy of the IPv4 packet `probe`, into what leaves `translator`; its IP checksum is left to the caller. */
export const translate = (bytes: Uint8Array, probe: Probe, translator: RouterState): void => {
  const { address } = translator
  // ICMP has no pseudo header.
  const at = probe.protocol === IP_PROTOCOL.icmp ? -1 : checksumOffset(probe)
  correct(bytes, at, probe.source >>> 16, address >>> 16)
  correct(bytes, at, probe.source & 0xffff, address & 0xffff)
  writeUint32(bytes, IPV4_OFFSET.source, address)
  if (translator.router.nat === 'port') translatePort(bytes, probe, address)
}
