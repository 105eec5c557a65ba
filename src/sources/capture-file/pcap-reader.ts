/**
 * pcap files: a header of 24 bytes, then records: time, length in the file, length on the wire, bytes. All in the byte
 * order of the machine that wrote them. Source: draft-ietf-opsawg-pcap; pcap-savefile(5). Kuznetsov's variant has eight more bytes
 * in a record's header.
 */

import { type FrameReceiver, MAX_FRAME_BYTES } from './frame-count.ts'
import type { RecordReader } from './record-feed.ts'

export const PCAP_HEADER_BYTES = 24
const RECORD_HEADER_BYTES = 16
const MODIFIED_HEADER_BYTES = 24
const HEADER_OFFSET = { magic: 0, versionMajor: 4, versionMinor: 6, linkType: 20 } as const
const RECORD_OFFSET = { seconds: 0, fraction: 4, captured: 8, wire: 12 } as const
/** The upper bits of the field tell of checksums at the end of frames. */
const LINK_TYPE_BITS = 0x03ff_ffff
/** Up to 2.2 the two lengths were in the other order; some programs that say 2.3 still did that. */
const SWAPPED_LENGTHS_MINOR = 3

interface PcapVariant {
  nanoseconds: boolean
  recordHeaderBytes: number
}

const VARIANTS: ReadonlyMap<number, PcapVariant> = new Map([
  [0xa1b2c3d4, { nanoseconds: false, recordHeaderBytes: RECORD_HEADER_BYTES }],
  [0xa1b23c4d, { nanoseconds: true, recordHeaderBytes: RECORD_HEADER_BYTES }],
  [0xa1b2cd34, { nanoseconds: false, recordHeaderBytes: MODIFIED_HEADER_BYTES }],
])

export interface PcapHeader extends PcapVariant {
  isLittle: boolean
  linkType: number
  swapsLengths: boolean
}

/** The header of the file that begins with these bytes, or null when it is no pcap. */
export const readPcapHeader = (bytes: Uint8Array): PcapHeader | null => {
  if (bytes.length < PCAP_HEADER_BYTES) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (const isLittle of [true, false]) {
    const variant = VARIANTS.get(view.getUint32(HEADER_OFFSET.magic, isLittle))
    if (variant === undefined) continue
    const linkType = (view.getUint32(HEADER_OFFSET.linkType, isLittle) & LINK_TYPE_BITS) >>> 0
    const minor = view.getUint16(HEADER_OFFSET.versionMinor, isLittle)
    const major = view.getUint16(HEADER_OFFSET.versionMajor, isLittle)
    return { ...variant, isLittle, linkType, swapsLengths: major === 2 && minor <= SWAPPED_LENGTHS_MINOR }
  }
  return null
}

/** Reads records; the file's header has been taken off. */
export const pcapReader = (header: PcapHeader, { onFrame, count }: FrameReceiver): RecordReader => {
  const { isLittle, linkType, recordHeaderBytes, nanoseconds, swapsLengths } = header
  let neededBytes = recordHeaderBytes
  let damage: string | null = null
  const read = (bytes: Uint8Array, from: number, to: number): number => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let at = from
    let frames = 0
    let wireBytes = 0
    let cutFrames = 0
    while (to - at >= recordHeaderBytes) {
      let captured = view.getUint32(at + RECORD_OFFSET.captured, isLittle)
      let wire = view.getUint32(at + RECORD_OFFSET.wire, isLittle)
      if (swapsLengths && captured > wire) [captured, wire] = [wire, captured]
      if (captured > MAX_FRAME_BYTES) {
        const record = count.frames + frames + 1
        damage = `record ${record} says that it has ${captured} bytes, more than any frame`
        break
      }
      const end = at + recordHeaderBytes + captured
      if (end > to) break
      const fraction = view.getUint32(at + RECORD_OFFSET.fraction, isLittle)
      const timeUs =
        view.getUint32(at + RECORD_OFFSET.seconds, isLittle) * 1e6 +
        (nanoseconds ? Math.floor(fraction / 1000) : fraction)
      // Less on the wire than in the file: the file is right about what it has.
      if (wire > captured) cutFrames += 1
      else wire = captured
      frames += 1
      wireBytes += wire
      onFrame(bytes, at + recordHeaderBytes, captured, wire, timeUs, linkType, 0)
      at = end
    }
    count.frames += frames
    count.wireBytes += wireBytes
    count.cutFrames += cutFrames
    neededBytes = recordHeaderBytes
    if (to - at >= recordHeaderBytes && damage === null) {
      const first = view.getUint32(at + RECORD_OFFSET.captured, isLittle)
      const second = view.getUint32(at + RECORD_OFFSET.wire, isLittle)
      neededBytes += swapsLengths ? Math.min(first, second) : first
    }
    return at
  }
  return {
    read,
    skipBytes: 0,
    get neededBytes() {
      return neededBytes
    },
    get damage() {
      return damage
    },
  }
}
