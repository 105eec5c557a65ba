/**
 * Names of connections out of what passes in clear: DNS answers, the server name in a TLS ClientHello (RFC 6066 section 3), and the
 * one in QUIC's first packets, which anybody can decrypt (RFC 9001 section 5.2). A few packets of a connection are looked at, then none.
 * A name is the remote end's: what somebody outside called a server here is none, or each of its visitors would bear the server's name.
 */

import { INITIATORS, NAME_SOURCES } from '../../core/connection.ts'
import { ipFromWords } from '../../core/ip.ts'
import { readUint32 } from '../../wire/bytes.ts'
import { IP_PROTOCOL } from '../../wire/ipv4.ts'
import type { PacketTuple } from '../../wire/packet-tuple.ts'
import { TCP_OFFSET, tcpHeaderBytes } from '../../wire/tcp.ts'
import { UDP_HEADER_BYTES } from '../../wire/udp.ts'
import { type HelloAnswer, makeHelloReader } from '../names/hello-reader.ts'
import { makeNameBook } from '../names/name-book.ts'
import type { FlowTable } from './flow-table.ts'

const NAMES = 65_536
const HELLOS = 4096
const MOST_LOOKS = 12
/** In the `looks` column: nothing more is looked for. */
const DONE = 0xff
const FROM_DNS = NAME_SOURCES.indexOf('dns')
const FROM_SNI = NAME_SOURCES.indexOf('sni')
const FROM_QUIC = NAME_SOURCES.indexOf('quic')
const UNKNOWN = INITIATORS.indexOf('unknown')
const REMOTE = INITIATORS.indexOf('remote')
const DNS = 53
/** DNS, mDNS (RFC 6762), LLMNR (RFC 4795). */
const isNameService = (port: number): boolean => port === DNS || port === 5353 || port === 5355
/** What a TLS record with a handshake begins with (RFC 8446 section 5.1). */
const HANDSHAKE = 0x16
/** The first two bits of a QUIC packet with a long header (RFC 8999 section 5.1). */
const LONG_HEADER = 0xc0

export class FlowNames {
  readonly #book = makeNameBook({ capacity: NAMES })
  readonly #hellos = makeHelloReader({ capacity: HELLOS })
  readonly #table: FlowTable
  readonly #ends = new Uint32Array(8)

  constructor(table: FlowTable) {
    this.#table = table
  }

  /** A flow began: is its remote end known by name? */
  begin(flow: number): void {
    if (this.#book.size === 0) return
    const table = this.#table
    const family = table.family(flow)
    const localIsHigh = table.columns.localIsHigh[flow] === 1
    table.copyAddress(flow, localIsHigh, this.#ends, 0)
    table.copyAddress(flow, !localIsHigh, this.#ends, 4)
    const local = ipFromWords(this.#ends, 0, family)
    const name = this.#book.nameOf(local, ipFromWords(this.#ends, 4, family))
    if (name !== null) this.#put(flow, name, FROM_DNS)
  }

  /** @param fromLocal the packet's direction. */
  look(flow: number, bytes: Uint8Array, tuple: PacketTuple, fromLocal: boolean): void {
    if (tuple.protocol === IP_PROTOCOL.udp) this.#lookAtDatagram(flow, bytes, tuple, fromLocal)
    else if (tuple.protocol === IP_PROTOCOL.tcp) this.#lookAtSegment(flow, bytes, tuple, fromLocal)
  }

  forget(flow: number): void {
    const { looks, id } = this.#table.columns
    if (looks[flow] !== 0 && looks[flow] !== DONE) this.#hellos.forget(id[flow]!)
  }

  #put(flow: number, name: string, source: number): void {
    this.#table.names[flow] = name
    this.#table.columns.nameSource[flow] = source
  }

  #settle(flow: number, answer: HelloAnswer, source: number): void {
    const { looks } = this.#table.columns
    if (answer === undefined && looks[flow]! < MOST_LOOKS) {
      looks[flow]! += 1
      return
    }
    this.forget(flow)
    looks[flow] = DONE
    if (typeof answer === 'string') this.#put(flow, answer, source)
  }

  #lookAtDatagram(flow: number, bytes: Uint8Array, tuple: PacketTuple, fromLocal: boolean): void {
    const at = tuple.transportAt + UDP_HEADER_BYTES
    const length = tuple.end - at
    if (length <= 0) return
    if (isNameService(tuple.sourcePort)) {
      const client = tuple.sourcePort === DNS ? ipFromWords(tuple.words, 4, tuple.family) : null
      this.#book.learnDns(bytes, at, length, client)
      return
    }
    const { looks, initiator, id } = this.#table.columns
    if (looks[flow] === DONE) return
    if (looks[flow] === 0 && (bytes[at]! & LONG_HEADER) !== LONG_HEADER) {
      looks[flow] = DONE
      return
    }
    if (initiator[flow] === REMOTE) {
      looks[flow] = DONE
      return
    }
    if (!fromLocal) return
    this.#settle(flow, this.#hellos.quic(id[flow]!, bytes, at, length), FROM_QUIC)
  }

  #lookAtSegment(flow: number, bytes: Uint8Array, tuple: PacketTuple, fromLocal: boolean): void {
    const { transportAt, end } = tuple
    const headerBytes = tcpHeaderBytes(bytes, transportAt, end - transportAt)
    if (headerBytes < 0 || transportAt + headerBytes >= end) return
    const at = transportAt + headerBytes
    if (tuple.sourcePort === DNS) {
      this.#book.learnDnsStream(bytes, at, end - at, ipFromWords(tuple.words, 4, tuple.family))
      return
    }
    const { looks, initiator, firstSequence, id } = this.#table.columns
    if (looks[flow] === DONE) return
    const began = initiator[flow]!
    const isFirst = looks[flow] === 0
    const sawBeginning = began !== UNKNOWN && firstSequence[flow] !== 0
    // Where the beginning was not seen, only a segment that looks like a client's first is worth a look.
    if (began === REMOTE || (isFirst && !sawBeginning && (bytes[at] !== HANDSHAKE || !fromLocal))) {
      looks[flow] = DONE
      return
    }
    if (!fromLocal) return
    const sequence = readUint32(bytes, transportAt + TCP_OFFSET.sequence)
    if (isFirst && !sawBeginning) firstSequence[flow] = sequence
    const offset = (sequence - firstSequence[flow]!) >>> 0
    this.#settle(flow, this.#hellos.hello(id[flow]!, offset, bytes, at, end - at), FROM_SNI)
  }
}
