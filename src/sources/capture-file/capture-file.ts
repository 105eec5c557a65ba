/**
 * Capture files, from wherever bytes come: pcap and pcapng, either inside gzip. Frames are handed over where they lie; nothing of them is kept.
 * A file that breaks off, or is damaged in the middle, counts as far as it can be read: the summary says so.
 */

import type { FrameHandler } from '../../core/frame.ts'
import { damagedGzipError, foreignFileError } from './foreign-file.ts'
import { type DeviceHandler, type FrameCount, type FrameReceiver, newFrameCount } from './frame-count.ts'
import { GzipDamage, gunzippedChunks, isGzip } from './gunzipped-chunks.ts'
import { PCAP_HEADER_BYTES, pcapReader, readPcapHeader } from './pcap-reader.ts'
import { pcapngReader, SECTION_HEADER } from './pcapng-reader.ts'
import { type RecordFeed, type RecordReader, recordFeed } from './record-feed.ts'

export interface CaptureFileOptions {
  onDevice?: DeviceHandler | undefined
  /** Called when all frames of a chunk have been handed over; reading goes on when it is done. */
  afterChunk?: (() => void | Promise<void>) | undefined
}

export interface CaptureFileSummary extends FrameCount {
  format: 'pcap' | 'pcapng'
  isGzip: boolean
  /** It ends within a record, or within the packed data. */
  isTruncated: boolean
  /** What is wrong in it, when nothing behind that could be read. */
  damage: string | null
}

type Chunks = AsyncIterator<Uint8Array, unknown, undefined>

/** The first bytes, as many as it takes to tell formats apart, or all that there are. */
const beginningOf = async (chunks: Chunks): Promise<Uint8Array> => {
  let beginning = new Uint8Array(0)
  while (beginning.length < PCAP_HEADER_BYTES) {
    const next = await chunks.next()
    if (next.done) break
    const longer = new Uint8Array(beginning.length + next.value.length)
    longer.set(beginning)
    longer.set(next.value, beginning.length)
    beginning = longer
  }
  return beginning
}

async function* putTogether(beginning: Uint8Array, chunks: Chunks): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    if (beginning.length > 0) yield beginning
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value
  } finally {
    await chunks.return?.()
  }
}

interface OpenedFormat {
  format: CaptureFileSummary['format']
  reader: RecordReader
  headerBytes: number
}

const formatOf = (beginning: Uint8Array, receiver: FrameReceiver): OpenedFormat | null => {
  const header = readPcapHeader(beginning)
  if (header !== null) {
    receiver.count.devices = 1
    receiver.onDevice?.(0, null, header.linkType)
    return { format: 'pcap', reader: pcapReader(header, receiver), headerBytes: PCAP_HEADER_BYTES }
  }
  const view = new DataView(beginning.buffer, beginning.byteOffset, beginning.byteLength)
  if (beginning.length >= 4 && view.getUint32(0) === SECTION_HEADER) {
    return { format: 'pcapng', reader: pcapngReader(receiver), headerBytes: 0 }
  }
  return null
}

/** Feeds all chunks. @returns whether the packed data around them ended too early, and what was wrong with it. */
const feedAll = async (
  feed: RecordFeed,
  reader: RecordReader,
  beginning: Uint8Array,
  chunks: Chunks,
  afterChunk: CaptureFileOptions['afterChunk'],
): Promise<GzipDamage | null> => {
  feed.feed(beginning)
  await afterChunk?.()
  try {
    while (reader.damage === null) {
      const next = await chunks.next()
      if (next.done) break
      feed.feed(next.value)
      await afterChunk?.()
    }
  } catch (error) {
    if (error instanceof GzipDamage) return error
    throw error
  }
  return null
}

/**
 * Reads a whole file.
 * @param name what to call it in messages.
 * @throws InterplotError ERR_INPUT_FILE for what is no capture file; whatever `input` throws.
 */
export const readCaptureFile = async (
  input: AsyncIterable<Uint8Array>,
  name: string,
  onFrame: FrameHandler,
  { onDevice, afterChunk }: CaptureFileOptions = {},
): Promise<CaptureFileSummary> => {
  const count = newFrameCount()
  let chunks: Chunks = input[Symbol.asyncIterator]()
  try {
    let beginning = await beginningOf(chunks)
    const packed = isGzip(beginning)
    if (packed) {
      chunks = gunzippedChunks(putTogether(beginning, chunks))
      beginning = await beginningOf(chunks).catch((error: unknown) => {
        throw error instanceof GzipDamage ? damagedGzipError(error, name) : error
      })
    }
    const opened = formatOf(beginning, { onFrame, onDevice, count })
    if (opened === null) throw foreignFileError(beginning, name)
    const { format, reader, headerBytes } = opened
    const feed = recordFeed(reader)
    const broken = await feedAll(feed, reader, beginning.subarray(headerBytes), chunks, afterChunk)
    const damage = reader.damage ?? (broken !== null && !broken.isTruncated ? `gzip: ${broken.message}` : null)
    const isTruncated = damage === null && (broken?.isTruncated === true || feed.endsWithin())
    return { ...count, format, isGzip: packed, isTruncated, damage }
  } finally {
    await chunks.return?.(undefined)
  }
}
