/** Files that somebody may take for a capture file: what they are, by their first bytes, and what to do with them. */

import { InterplotError } from '../../core/errors.ts'

interface ForeignKind {
  beginsWith: string | readonly number[]
  is: string
  advice: string
}

const CONVERT = 'Convert it with Wireshark’s editcap, like: editcap -F pcapng FILE NEW.pcapng'
const unpack = (program: string): string => `Unpack it first, like: ${program} -dc FILE | interplot watch -`

const KINDS: readonly ForeignKind[] = [
  {
    beginsWith: 'SQLite format 3',
    is: 'a database',
    advice: 'Is it a results file? Give it to the commands that read results files, like: interplot render FILE',
  },
  { beginsWith: 'snoop\0', is: 'a capture of snoop', advice: CONVERT },
  {
    beginsWith: 'btsnoop\0',
    is: 'a capture of Bluetooth',
    advice: 'It has no IP packets; capture with tcpdump -w FILE.',
  },
  { beginsWith: 'TRSNIFF data', is: 'a capture of Sniffer', advice: CONVERT },
  { beginsWith: 'XCP\0', is: 'a capture of NetXRay', advice: CONVERT },
  { beginsWith: 'RTSS', is: 'a capture of Network Monitor', advice: CONVERT },
  { beginsWith: 'GMBU', is: 'a capture of Network Monitor', advice: CONVERT },
  { beginsWith: 'iptrace', is: 'a capture of iptrace', advice: CONVERT },
  { beginsWith: [0x28, 0xb5, 0x2f, 0xfd], is: 'compressed with zstd', advice: unpack('zstd') },
  { beginsWith: [0xfd, 0x37, 0x7a, 0x58, 0x5a], is: 'compressed with xz', advice: unpack('xz') },
  { beginsWith: 'BZh', is: 'compressed with bzip2', advice: unpack('bzip2') },
  { beginsWith: [0x04, 0x22, 0x4d, 0x18], is: 'compressed with lz4', advice: unpack('lz4') },
  { beginsWith: 'PK\x03\x04', is: 'a zip file', advice: 'Unpack it first: unzip FILE' },
  { beginsWith: [0x1f, 0x8b], is: 'compressed with gzip twice', advice: unpack('gzip') },
]

const begins = (bytes: Uint8Array, magic: string | readonly number[]): boolean => {
  const expected = typeof magic === 'string' ? Array.from(magic, (letter) => letter.charCodeAt(0)) : magic
  return expected.every((byte, index) => bytes[index] === byte)
}

/** ERF has no magic: a record's type (low 7 bits), then flags, its length and what was on the wire. */
const looksLikeErf = (bytes: Uint8Array): boolean => {
  if (bytes.length < 16) return false
  const recordBytes = (bytes[10]! << 8) | bytes[11]!
  const type = bytes[8]! & 0x7f
  // The time comes as a 64-bit fraction of seconds, the seconds last; 0x20 to 0xff: 1987 to 2106.
  return type >= 1 && type <= 48 && recordBytes >= 16 && recordBytes % 8 === 0 && bytes[7]! >= 0x20 && bytes[7]! < 0xf0
}

const isText = (bytes: Uint8Array): boolean =>
  bytes.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d || byte === 0x1b)

const CAPTURE = 'Give a file of tcpdump -w, Wireshark or dumpcap: pcap or pcapng, or one of them packed with gzip.'

/** What to say of a file that begins with these bytes and is none that we read. */
export const foreignFileError = (bytes: Uint8Array, name: string): InterplotError => {
  const refuse = (is: string, advice: string): InterplotError =>
    new InterplotError('ERR_INPUT_FILE', `${name} is no capture file: it is ${is}`, { advice })
  if (bytes.length === 0) {
    return refuse('empty', 'If it comes from a pipe: see what the program before it says, and whether it may capture.')
  }
  const kind = KINDS.find(({ beginsWith }) => begins(bytes, beginsWith))
  if (kind !== undefined) return refuse(kind.is, kind.advice)
  if (isText(bytes)) return refuse('text', `${CAPTURE} What tcpdump prints is not one: write with -w.`)
  if (looksLikeErf(bytes)) return refuse('probably a capture in the ERF format', CONVERT)
  return refuse('none of the formats that we know', CAPTURE)
}

/** What to say of a gzip file out of which nothing comes. */
export const damagedGzipError = (cause: Error, name: string): InterplotError =>
  new InterplotError('ERR_INPUT_FILE', `${name} is no capture file: nothing in it can be unpacked (${cause.message})`, {
    advice: 'See whether it has come over whole, with: gzip -t FILE',
    cause,
  })
